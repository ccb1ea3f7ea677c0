"""Sweeping what a provider stores: `tocsin sweep s3://BUCKET/PREFIX` or a folder.

For: a provider who wants to know which of millions of stored objects are on a list. Owns the
listing, the way to an object store, the plan that Daft runs here or on a Ray cluster, and the
report. Must never: let a byte of an object leave the function that fetched it, put a key or a
password into the plan or a log, or call an object clean that was not looked at.
"""
