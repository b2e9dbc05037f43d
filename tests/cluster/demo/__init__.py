"""From nothing to the example account trading in a cluster of its own.

Rule 1: what it says about the account's orders, the exchange said, not the runner.
Rule 2: run again, it changes only what differs.
"""
