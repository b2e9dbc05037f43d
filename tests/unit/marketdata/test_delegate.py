"""A wrapper that forgot a method would do nothing in its place."""

from botrunner.exchanges.port import Exchange
from botrunner.marketdata.delegate import DelegatedExchange


def test_every_method_of_the_port_is_handed_on() -> None:
    port = {name for name in vars(Exchange) if not name.startswith("_")}

    assert port - vars(DelegatedExchange).keys() == set()
