"""Where things stand in the arrays of int64 that a search is given, for its kernels and callers."""

from __future__ import annotations

PARTS = 16
# As many queries as one call answers.
BLOCK_QUERIES = 2048

# So many values of 16 bits differ from one in at most one bit, and in at most two.
ONE_FLIP, TWO_FLIPS = 17, 137
# Records that are compared in one go.
RECORDS = 32
# Rows put aside before they are compared: their lines fill half of a first-level cache.
PUT_ASIDE = 256
ROOM_ASIDE = PUT_ASIDE + RECORDS

# The tables of a ring.
ROW_COUNT, ROW_PLACE, DIRECTORY, BESIDE, NUMBERS = 0, 1, 2, 18, 34
TABLES_SIZE = NUMBERS + PARTS

# The plan of a radius.
RADIUS, MOST_CANDIDATES, MOST_COMPARED, FLIPS, WEIGHTS = 0, 1, 2, 3, 4
PLAN_SIZE = WEIGHTS + PARTS + 1

# The workplace of a thread. Opened items and the lists of what is asked of a part are overwritten
# in turn, eight of each.
ASIDE_COUNT, WRONG, CANDIDATES, COMPARED = 0, 1, 2, 2 + BLOCK_QUERIES
ASIDE = COMPARED + BLOCK_QUERIES
IN_TURN = 8
OPENED, OPENED_ITEM = ASIDE + 2 * ROOM_ASIDE, TWO_FLIPS
KEPT = OPENED + IN_TURN * OPENED_ITEM
PLACES = KEPT + 16
ASKED = PLACES + 256
WORKPLACE_SIZE = ASKED + IN_TURN * BLOCK_QUERIES

# The hits, and what a search gives when it could not answer.
ROOM, NOTED, FIRST_HIT = 0, 1, 2
DAMAGED, FULL = -1, -2
