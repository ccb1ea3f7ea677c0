"""What is due when, taken with leases by any number of workers, on SQLite and PostgreSQL alike.

Owns the table of due things, the worker's round, and the pause of a restored system.
A handler may run twice; it must look at the state it finds. Must never drop a due thing that
failed: it comes back later, ever more rarely.
"""
