"""The imperative shell of one account: events in one order, actions carried out, reports written.

Rule 1: one loop processes events, and only it calls the engine.
Rule 2: the executor takes approved actions by type, and asks for the stop generation at the write.
Rule 3: reports, metrics and logs are read off the outcome; none of them can hold trading up.
"""
