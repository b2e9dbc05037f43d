"""What people do to many accounts at once: look, stop, resume.

Rule 1: what is shown and what is patched is decided by pure functions of the objects as they stand.
Rule 2: nothing is set but what is said, account by account.
Rule 3: an object of a newer version, or one with a broken status, is still shown and still stopped.
"""
