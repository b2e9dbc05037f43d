"""The streams: who is connected, what they listen to, and when each frame leaves.

Rule 1: a frame is written when its event happens and leaves when it is due; within a topic the
order never changes, across topics nothing is promised, as on the venue.
Rule 2: a topic's first frame leaves some milliseconds after the subscription's acknowledgement.
"""
