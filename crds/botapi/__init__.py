"""The contract: what people write, what operator and runners tell each other through the cluster.

Rule 1: values only. Nothing here calls, waits, logs, reads a file, a clock or a setting.
Rule 2: every rule of a resource stands once, in CEL and in Python side by side, so that the API
server, the operator, the runner and the command line refuse the same objects.
Rule 3: names, labels, annotations, conditions and reasons are spelled here and nowhere else.
"""
