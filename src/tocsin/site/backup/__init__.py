"""Backup and restore: everything this installation holds in one file, and back out of it.

For: the administrator after a dead disk, a move to another machine, or a mistake. Owns the file's
form (a plain tar with a signed manifest) and the order in which things are read and put back.
Must never: hold a key in the clear, put anything into a place that is not empty, or let a clock
or a letter go before somebody has confirmed with `tocsin resume`.
"""
