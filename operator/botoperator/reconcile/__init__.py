"""Decisions: what is seen of an account, its children and its pod, to a plan as plain data.

Rule 1: pure. Nothing here calls, waits, logs, reads a clock or remembers.
Rule 2: level-triggered. The event that woke us is no argument; the same state gives the same plan.
Rule 3: silent. A plan for a state that is already as planned is empty.
Rule 4: only conditions are read back from our own part of a status, for their times; the phase is
for people.
"""
