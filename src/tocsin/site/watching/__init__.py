"""Watching folders: what is written into them is checked at once, `tocsin watch FOLDER…`.

For: shared hosting, where uploads come by ways that nobody can put a hook into. Owns what the
kernel tells of folders, what waits to be checked, and what is done with what was found.
Must never: forget a file that was not answered for, call one clean, or delete one.
"""
