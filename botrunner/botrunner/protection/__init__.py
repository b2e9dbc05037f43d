"""Pure protection: what is exposed without a way out, and which orders should not be there.

Nothing here sends, cancels or remembers; the engine asks and acts.
"""
