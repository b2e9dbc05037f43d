"""Strategies answer one question: given what is filled, which orders should rest?

Pure: values in, values out. A strategy never sends, waits, or asks what time it is, and it does
not know how the orders that rest came to rest.
"""
