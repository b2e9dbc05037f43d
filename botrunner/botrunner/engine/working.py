"""Our orders, by id and by strategy."""

from collections.abc import Iterator, ValuesView

from botrunner.domain.order import Order


class Working:
    """Orders that are not forgotten yet, in the order in which they were first seen."""

    def __init__(self) -> None:
        """Nothing works yet."""
        self._by_id: dict[str, Order] = {}
        self._by_strategy: dict[str, dict[str, Order]] = {}

    def __contains__(self, order_id: str) -> bool:
        """Whether the id is known."""
        return order_id in self._by_id

    def __iter__(self) -> Iterator[str]:
        """The ids."""
        return iter(self._by_id)

    def __getitem__(self, order_id: str) -> Order:
        """The order; KeyError where it is not known."""
        return self._by_id[order_id]

    def get(self, order_id: str) -> Order | None:
        """The order, or None where it is not known."""
        return self._by_id.get(order_id)

    def values(self) -> ValuesView[Order]:
        """All of them."""
        return self._by_id.values()

    def of(self, strategy: str) -> ValuesView[Order]:
        """Those of one strategy."""
        return self._by_strategy.get(strategy, {}).values()

    def put(self, order: Order) -> None:
        """Remember an order, or what became of it."""
        self._by_id[order.order_id] = order
        self._by_strategy.setdefault(order.strategy, {})[order.order_id] = order

    def remove(self, order_id: str) -> None:
        """Forget an order."""
        order = self._by_id.pop(order_id)
        del self._by_strategy[order.strategy][order_id]
