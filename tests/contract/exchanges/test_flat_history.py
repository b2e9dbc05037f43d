"""How much history a symbol without a position costs: many symbols start at once."""

from botrunner.domain.actions import ReadSymbol
from botrunner.domain.control import SymbolRead
from contract.exchanges.conftest import MakeDesk
from contract.exchanges.desk import SYMBOL

EXECUTIONS = "/v5/execution/list"


async def test_a_symbol_that_never_traded_is_read_with_one_request_for_fills(
    make_desk: MakeDesk,
) -> None:
    """GR-41, GR-45: not half a year of empty weeks, which gets the address banned (EX-5)."""
    desk = make_desk()
    await desk.prepare()
    read = await desk.exchange.read_symbol(ReadSymbol(token=1, symbol=SYMBOL))

    assert isinstance(read, SymbolRead)
    assert read.fills == ()
    assert all(position.quantity == 0 for position in read.positions)
    assert len(await desk.received(EXECUTIONS)) == 1
