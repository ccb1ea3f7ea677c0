"""Lists of known material: entries, their fingerprints, where they come from, what may be done.

Owns lists, import runs, entries, fingerprints, the organisation's own entries, and the ordered
log of changes that every index follows. An import is invisible until it is released.
Must never hold anything of a picture but its fingerprints, rewrite an entry in place, or let a
fingerprint out except to the index and to our own export.
"""
