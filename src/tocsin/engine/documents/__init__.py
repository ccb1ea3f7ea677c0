"""Documents too large for memory (JSON, XML), cut into the elements of their long arrays.

Owns finding where one element ends and the next begins, in blocks of bounded size. Must never
understand an element, hold more of one than `LONGEST_BYTES`, or take a document that breaks off
for a whole one.
"""
