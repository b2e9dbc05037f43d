"""The event loop of every command that runs one."""

import asyncio
import gc
from collections.abc import Callable


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """What makes uvloop's loop; None, and so asyncio's own, on a system without uvloop."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def settle() -> None:
    """Call once, when what a program is made of stands: it is not looked through for garbage.

    A full collection looks at 60,000 objects of imports alone: 20 ms in which nothing is decided
    and no order is signed.
    """
    gc.freeze()
