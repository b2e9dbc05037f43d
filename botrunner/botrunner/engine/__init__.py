"""The pure heart of one account: ``Engine.process(event) -> Outcome``.

Rule 1: no clock, no randomness, no IO. Time comes with the events; timers are events.
Rule 2: one writer. Only ``process`` changes state, and the same events give the same outcomes.
Rule 3: what should rest is compared with what rests, after every event; nothing is remembered
about how things came to be so. A stop is another desired set; recovery is the same comparison.
"""
