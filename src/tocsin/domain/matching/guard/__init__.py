"""The oracle guard: a key may learn whether its uploads are known, and not what is on the lists.

For: the checker, which asks it about every batch, and the pages that show what it noticed. Owns,
for each key, what was asked near a match, how many different hashes were asked and found, and the
step the key stands at. Must never: read a database row while a check waits, block an upload that
would not have been blocked, keep a hash in the clear, or stop a key without telling people.
"""
