"""Values and rules of trading. Nothing here calls, waits, logs or reads settings.

Money, prices and quantities are Decimal; times are aware UTC; rates are fractions unless a name
ends in ``_percent``.
"""
