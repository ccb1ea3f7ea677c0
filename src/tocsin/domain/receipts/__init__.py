"""Receipts: a provider's signed proof of what it asked, when, and what it was told.

For: doors that answer checks, and whoever wants to see a receipt in the log. Owns the issuing in
each process, and the log of the installation: batches of receipts' hashes, the tree over them and
its signed heads.
Must never: hold a fingerprint, a digest of one or a client's id, keep a receipt itself, or make an
answer wait for the database.
"""
