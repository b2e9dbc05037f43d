"""Two accounts of one process with the keys of one exchange account: the first in the files."""

import asyncio

from botrunner.runtime.admission import FileOrder

OURS = "bybit/demo//1001"
RIVALS = {"one": "bybit/demo/", "two": "bybit/demo/"}
OTHER = "bybit/demo//1002"


async def _run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_first_in_the_files_is_admitted_though_the_second_asked_first() -> None:
    """KU-24, KU-26: which answer of the venue came first decides nothing."""
    order, told = FileOrder(RIVALS), list[str]()
    two = asyncio.create_task(order.place_of("two").admit(OURS, told.append))
    await _run()

    assert not two.done()
    assert "the keys of one" in told[-1]
    await order.place_of("one").admit(OURS, told.append)
    await _run()

    assert not two.done()
    assert told[-1] == "one trades the exchange account 1001 already; take one of the two out"
    two.cancel()


async def test_accounts_of_different_owners_do_not_wait_for_each_other_for_long() -> None:
    order = FileOrder(RIVALS)
    two = asyncio.create_task(order.place_of("two").admit(OTHER, lambda problem: None))
    order.place_of("one").heard(OURS)
    await two

    assert two.exception() is None


async def test_an_account_without_good_keys_holds_nobody_up_and_takes_nothing_back() -> None:
    """RI-7: who was admitted meanwhile stays; the mended one says who has it."""
    order, told = FileOrder(RIVALS), list[str]()
    order.place_of("one").heard("")
    await order.place_of("two").admit(OURS, told.append)
    one = asyncio.create_task(order.place_of("one").admit(OURS, told.append))
    await _run()

    assert not one.done()
    assert told == ["two trades the exchange account 1001 already; take one of the two out"]
    one.cancel()


async def test_an_account_whose_keys_open_another_one_now_gives_the_old_one_free() -> None:
    order, told = FileOrder(RIVALS), list[str]()
    await order.place_of("one").admit(OURS, told.append)
    two = asyncio.create_task(order.place_of("two").admit(OURS, told.append))
    await _run()
    await order.place_of("one").admit(OTHER, told.append)
    await two

    assert two.exception() is None


async def test_a_new_life_of_the_admitted_account_is_admitted_again() -> None:
    """A look at its keys that failed once does not lose it the account."""
    order, told = FileOrder(RIVALS), list[str]()
    place = order.place_of("two")
    order.place_of("one").heard("")
    await place.admit(OURS, told.append)
    place.heard("")
    await place.admit(OURS, told.append)

    assert told == []


async def test_an_account_of_another_venue_holds_nobody_up() -> None:
    """RI-7: its exchange may not answer for minutes."""
    order, told = FileOrder({"one": "bybit/mainnet/", "two": "bybit/demo/"}), list[str]()
    await order.place_of("two").admit(OURS, told.append)

    assert told == []
