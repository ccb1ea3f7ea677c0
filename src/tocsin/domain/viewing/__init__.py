"""Viewing: whether, what and how long somebody may look at what is reported.

For: the desk. Owns the organisation's mandate, and the ledger of exposures: who looked at what,
for how many seconds, how often. Must never: let anybody look without a mandate or beyond the
day's cap, keep a picture, or let a browser fetch the live address.
"""
