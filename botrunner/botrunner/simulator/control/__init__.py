"""The control API: what a test, a demo or a person may do to the exchange and read of it.

It is no part of the venue: it moves prices, breaks things on request, and tells what really
happened, straight from the venue's ledger.
"""
