"""The commands people and pods run: one file each, and the composition root of what it starts."""
