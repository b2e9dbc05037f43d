"""Venues behind one port: intents in, facts out.

Rule 1: a venue's words (side numbers, codes, topics) stay inside ``exchanges.<venue>``.
Rule 2: what a request came to is one of four outcomes; an unknown one is resolved by reading.
Rule 3: mappers, requests, codes, the session, retries and the breaker are pure. Only ``rest`` and
``stream`` of a venue talk to it.
Rule 4: a message that cannot be believed changes nothing and is reported; no value is made up.
"""
