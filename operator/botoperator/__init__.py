"""The control plane: watches TradingAccounts and keeps their children as planned.

It never reads a Secret, and no account's safety depends on it.
"""
