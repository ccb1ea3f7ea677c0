"""Forgetting in time: what a table's note gives a period is gone when the period is over.

Owns no table and no period: the note of each table says how long, from when, and what then (see
`privacy`). Each hour some rows of every table go, and one row of the audit for each few hundred
proves it. Must never forget what its note does not name, nor a row that another must not lose.
"""
