"""Prices shared: one upstream per symbol, any number of runners.

Rule 1: the hub and the wire are pure; sockets are in ``server`` and ``client`` alone.
Rule 2: what replaces an older word (quotes, books, running candles) is conflated per subscriber;
what does not (trades, closed candles) is kept up to a bound, and who falls behind it is told.
Rule 3: a message is encoded once, whoever hears it; a slow subscriber costs the others nothing.
Rule 4: a feed holds no keys, and no runner depends on it: without one it asks the exchange itself.
"""
