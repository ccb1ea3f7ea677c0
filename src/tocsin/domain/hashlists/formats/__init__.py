"""Lists in other organisations' formats, read into our own entries and written back from them.

Owns what a foreign record means in our terms, and how a foreign document is told, cut and written.
Reading loses nothing: what we do not understand, or would spell otherwise, stays in the entry's
`extra`, so that writing the entry again gives the record that was read. Must never touch the
database, take a document that breaks off for a whole one, or guess what a number means.
"""
