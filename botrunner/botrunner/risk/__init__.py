"""Pure verdicts: every order the engine wants is approved or refused here, with a reason.

Only this package makes an ``Approved``, and the executor takes nothing else: an order that risk
has not seen cannot be sent. Unknown data means no new exposure.
"""
