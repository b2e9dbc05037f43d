"""Topics of the streams."""

import pytest

from botrunner.simulator.bybit.topics import (
    PublicTopic,
    private_kind,
    public_topic,
    refusal,
)


def test_a_topic_is_taken_apart() -> None:
    assert public_topic("orderbook.50.BTCUSDT") == PublicTopic(
        name="orderbook.50.BTCUSDT", kind="orderbook", symbol="BTCUSDT", detail="50"
    )
    assert public_topic("kline.D.BTCUSDT") == PublicTopic(
        name="kline.D.BTCUSDT", kind="kline", symbol="BTCUSDT", detail="D"
    )


@pytest.mark.parametrize(
    "name",
    [
        "orderbook.25.BTCUSDT",
        "orderbook.100.BTCUSDT",
        "orderbook.500.BTCUSDT",
        "orderbook.50",
        "kline.2.BTCUSDT",
        "liquidation.BTCUSDT",
        "tickers.",
        "tickers.BTCUSDT\n",
        " tickers.BTCUSDT",
    ],
)
def test_what_the_venue_does_not_serve_is_no_topic(name: str) -> None:
    assert public_topic(name) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("order", "order"),
        ("execution.fast.linear", "execution.fast"),
        ("position.linear", "position"),
        ("wallet.linear", None),
        ("position.linear.BTCUSDT", None),
        ("greeks.linear", None),
        ("", None),
    ],
)
def test_private_topics_have_a_form_with_a_category_and_none_with_a_symbol(
    name: str, kind: str | None
) -> None:
    assert private_kind(name) == kind


def test_the_first_bad_topic_is_named() -> None:
    known = {"a", "b"}.__contains__

    assert refusal(["a", "x", "y"], [], known) == "error:handler not found,topic:x"
    assert refusal(["a", "b", "a"], [], known) == "error:already subscribed,topic:a"
    assert refusal(["a"], ["b"], known) == ""
