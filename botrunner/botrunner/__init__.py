"""The trading plane: what one account needs to trade, and the exchange to test it on.

Pure packages (domain, strategies, risk, protection, engine, venue) take values and return values;
everything that waits, calls or reads a clock lives in the shells around them.
"""
