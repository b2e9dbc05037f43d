"""Bybit V5, USDT linear perpetuals on a unified account in hedge mode.

REST through pybit (``rest``, the only door), streams through our own session over picows
(``stream``, the only door). Everything between a wire row and a domain event is pure.
Facts about the venue come from its V5 documentation and from recorded payloads.
"""
