"""The door to the TradingAccount: read it, watch it, report to it.

Rule 1: the stop is read first and apart; an object that cannot be parsed still stops its account.
Rule 2: what cannot be read takes nothing back: the last good specification and every stop stay.
Rule 3: nothing in here decides about trading; the door says what people want and writes down what
the runner did.
"""
