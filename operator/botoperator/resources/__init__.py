"""Builders of an account's children, one file each: values in, manifests out.

Rule 1: pure and deterministic; the same account and settings give the same manifest.
Rule 2: a manifest says what we want and nothing that the API server fills in, so that what we
apply is exactly what we own.
Rule 3: names and places come from `botapi`, because the runner looks there.
"""
