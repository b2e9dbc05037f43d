"""The wire of Bybit V5, USDT linear perpetuals on a unified account: texts, rows and frames.

Everything here is a function from the venue's views to what goes over the wire, with the venue's
typing: numbers are strings, ``""`` stands where the venue has no value, and only what the venue
sends as an integer is one. No socket is opened here and no clock is read.
"""
