"""The hedged martingale grid: both sides at once, averaging by ever larger levels.

Which orders should rest is a function of which levels are filled; a fill, a take-profit, a restart
and a repair are all the same step.
"""
