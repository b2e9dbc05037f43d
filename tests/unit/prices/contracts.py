"""The contract the price tests trade, with steps that are easy to count in."""

from dataclasses import replace
from decimal import Decimal

from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS

XRP = DEFAULT_INSTRUMENTS["XRPUSDT"]
"""Tick 0.0001, quantity step 0.1."""

COARSE = replace(XRP, tick_size=Decimal(1), min_price=Decimal(1), max_price=Decimal(10_000))
"""A tick of one, so that prices are whole numbers."""
