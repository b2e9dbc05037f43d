"""What every process of the trading plane needs around its core: the clock and the logs.

Nothing here knows an exchange, a strategy or a cluster. The one door to the machine's clock is
``service.clock``.
"""
