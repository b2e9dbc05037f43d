"""The REST endpoints: one function each, from parameters to a result.

Rule 1: a handler takes the exchange, who calls and the parameters, and returns the ``result`` of
the envelope or raises RefusedError; signatures, limits, faults and the log are ``server``'s.
Rule 2: a read changes nothing; a write is one command to the venue.
"""
