"""python -m cluster.demo: what `make demo` does."""

import argparse
import sys
import time
from collections.abc import Sequence

from cluster import kind, local, processes, release
from cluster.demo import account
from cluster.demo.exchange import Book, Client
from cluster.demo.forward import forwarded
from cluster.demo.report import next_steps, order_table, position_table
from cluster.errors import ClusterError
from cluster.flavours import Flavour, choose
from cluster.images.image import build_image, choose_builder
from cluster.progress import say
from cluster.release import kubectl

_DESCRIPTION = """\
From nothing to an account that trades, in a cluster of its own: brings the cluster up, builds and
loads the image, installs the chart with the simulator, applies examples/account-001.yaml, waits
until it is Ready, and asks the exchange for its orders.

Run again, it changes only what differs: after a change of the code the pods get the new image,
otherwise nothing restarts.
"""
_ORDERS_WITHIN_SECONDS = 120
_FEEDS_WITHIN_SECONDS = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; 0 when the account trades, 1 after a line that says what is in the way."""
    parser = argparse.ArgumentParser(
        prog="python -m cluster.demo",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(arguments)
    try:
        _demonstrate()
    except ClusterError as error:
        say(f"error: {error}")
        return 1
    except OSError as error:
        say(f"error: {error.filename or 'this machine'}: {error.strerror or error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; make demo goes on where this ended")
        return 130
    return 0


def _demonstrate() -> None:
    began = time.monotonic()
    flavour = kind if choose() is Flavour.KIND else local
    flavour.up()
    image = build_image(choose_builder("auto"))
    exchange = release.simulator_pod()
    release.install(image, feeds={"enabled": True})
    if release.simulator_pod() != exchange:
        account.begin_anew()
    account.apply()
    took = account.follow(image)
    book = _ask_exchange()
    print(f"\n$ kubectl get ta\n{_row()}")
    print(f"The exchange, asked by a client of its own, has for {account.NAME}:\n")
    print(f"{position_table(book.positions)}\n\n{order_table(book.orders)}\n")
    print(f"$ kubectl -n {release.NAMESPACE} get mdf\n{_feeds()}")
    print(f"Ready {took:.0f} s after kubectl apply; {time.monotonic() - began:.0f} s in all.\n")
    print(next_steps())


def _row() -> str:
    return kubectl("get", "ta", f"--namespace={account.NAMESPACE}", what="show the account")


def _feeds() -> str:
    """The shared feeds, once the runner is subscribed; it trades without them too."""

    def subscribed() -> bool:
        feeds = release.read("mdf", f"--namespace={release.NAMESPACE}")["items"]
        return any(feed.get("status", {}).get("subscribers") for feed in feeds)

    processes.until(subscribed, seconds=_FEEDS_WITHIN_SECONDS)
    return kubectl("get", "mdf", f"--namespace={release.NAMESPACE}", what="show the feeds")


def _ask_exchange() -> Book:
    """Orders and positions, once the first fills and their exits are there."""
    key, secret = account.keys()
    book = Book()

    def settled(client: Client) -> bool:
        nonlocal book
        book = client.book()
        return book.is_settled

    port = release.EXCHANGE_PORT
    with forwarded(release.SIMULATOR, port, namespace=release.NAMESPACE) as address:
        client = Client(address=address, key=key, secret=secret)
        processes.until(lambda: settled(client), seconds=_ORDERS_WITHIN_SECONDS)
    if not book.orders:
        raise ClusterError(
            f"{account.NAME} is Ready, but has no order at the exchange;"
            f" see: kubectl logs {account.NAME}-0"
        )
    return book


if __name__ == "__main__":
    sys.exit(main())
