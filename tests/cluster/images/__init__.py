"""The one container image: its base, its wheels, the build, and what each layer weighs.

Rule 1: nothing here needs more than Python's standard library and pip.
Rule 2: what the lock files say is what the image holds; nothing is fetched inside a build.
Rule 3: the tag is a hash of what goes in, so the same tag is the same program.
Rule 4: the builder's storage is the cache's own; the machine's containers are never touched.
"""
