"""Matching: is this picture, known to us by fingerprint only, on a list the asker may use?

For: providers' doors and everybody who acts on a hit. Owns what a key may see, the checker of each
process, the journal of hits until they are in the database, and the building of the index.
Must never: read a database row to answer, answer "not listed" for what could not be checked, or
give away a list entry's hash.
"""
