"""An exchange on this machine: servers around the pure venue, in the venues' own wire formats.

Rule 1: written from the venues' documents, never from our own adapters: an independent witness.
Rule 2: the venue decides, this package speaks; no balance, order or position is kept here.
Rule 3: only prices may run faster than real time; the clock is real.
"""
