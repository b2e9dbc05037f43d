"""Where the simulator's prices come from: recordings, a seeded walk, a script.

Rule 1: a source is an iterator: the same input and seed give the same steps, digit for digit; no
clock, no waiting. The server decides when the next step is due.
Rule 2: nothing ever ends. A recording that has run out runs back to its start, and so on, so that
a price never jumps from the end of a file to its beginning.
Rule 3: files are read by ``load`` functions at the start, whole, and refused by line and field;
a price is never made up for a row that does not parse.
"""
