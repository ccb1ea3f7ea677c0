"""Visits: an address fetched in memory, what stood there, and evidence without the material.

For: intake, rechecks, and whoever may look. Owns what each visit found (outcome, headers,
certificate, network, fingerprints) and the chain that shows it was not changed since.
Must never: keep a byte of a picture, name the address in a log, or go where egress does not.
"""
