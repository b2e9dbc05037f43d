"""What is wrong with a file of prices."""


class PriceFileError(Exception):
    """A recording cannot be used; the text names file, line, field and the remedy."""

    def __init__(self, name: str, problem: str, *, line: int = 0, field: str = "") -> None:
        place = f"{name}:{line}" if line else name
        super().__init__(": ".join(part for part in (place, field, problem) if part))
