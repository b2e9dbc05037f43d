"""What comes in from outside: the events of the cluster's watches, and the questions of probes.

Rule 1: kopf enters here and nowhere else, and only to watch: its change detection, annotations,
finalizers, timers and daemons are not used.
Rule 2: a handler hands over what it was told, and does nothing else.
"""
