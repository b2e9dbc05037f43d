"""A pure simulated exchange for linear perpetuals: commands in, events out.

Nothing here calls, waits, logs, reads a clock or rolls dice: the same commands at the same times
give the same events, byte for byte. Decimal only. A server drives it like this::

    venue = Venue(instruments, VenueSettings())
    venue.handle(OpenAccount(account="a", balance=Decimal(1000)), at=now)
    venue.handle(MovePrice(symbol="BTCUSDT", last=..., mark=..., index=...), at=now)
    outcome = venue.handle(PlaceOrder(account="a", symbol="BTCUSDT", ...), at=now)
    if outcome.refusal:          # a value, never an exception: nothing changed
        ...                      # reason -> the wire's code and message
    else:
        outcome.orders           # the order placed, as it now stands
        outcome.events           # what to push, in order

- ``handle`` takes any ``Command``; ``at`` is aware UTC and never goes back.
- One venue has all accounts and symbols. Accounts trade with the outside world only: with a book
  (``SetBook``, ``PrintTrade``) or, without one, with a price path (``MovePrice``), which has
  unlimited quantity at bid and ask. They share that one outside: what one eats is gone for all.
- Everything else is read: ``venue.wallet(account)``, ``positions``, ``open_orders``, ``order``,
  ``closed_orders``, ``executions``, ``closed_pnl``, ``transactions``, ``book``, ``prices``,
  ``price_band``, ``conservation``. Histories are oldest first. Values are exact; rounding to the
  wire's places is the server's. An unknown account or symbol raises ``UnknownNameError``.
- Funding settles when ``SettleFunding`` comes: the timetable is the server's.
"""
