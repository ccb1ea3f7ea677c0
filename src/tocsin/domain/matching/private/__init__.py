"""What is new on the lists, told so that only holders of the same digests can read it.

For: a provider that keeps fingerprints and wants to know which have been listed since, without
sending them again. Owns the key of an epoch, and the evaluations of digests that came.
Must never: tell a digest, evaluate for a key that may not ask, or tell of what it may not see.
"""
