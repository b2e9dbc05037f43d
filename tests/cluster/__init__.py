"""A real Kubernetes on one Linux machine, for development and tests.

Rule 1: nothing here needs more than Python's standard library: it runs before anything is set up.
Rule 2: it touches only what it made: its own state folder, names, bridge, sockets and chains.
Rule 3: what it cannot do it says in one line, with the remedy; it never skips.
"""
