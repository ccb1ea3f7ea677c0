"""Who did what, when: one row for every write, chained so that tampering shows.

Owns the audit rows and the signed heads of their chain. `record` is called inside the
transaction of the write it tells of; the sealer numbers and chains the rows afterwards.
Must never hold a hash of a picture, an address or a person's words outside `personal`.
"""
