"""The one error that a person sees as a single line."""


class ClusterError(Exception):
    """Says in one line what stands in the way and what to do about it."""
