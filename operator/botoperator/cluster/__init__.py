"""The API server enters here and nowhere else.

Rule 1: `kube` is the only module that knows a client; it raises the errors of `port` and no others.
Rule 2: objects are plain decoded JSON, in and out.
"""
