"""Exchanges: other organisations' services from which lists are pulled while they change.

Owns which services we ask, how far each pull has come, its pages until they are taken in, and our
votes on the way to the source. Speaks NCMEC hash sharing v2 and StopNCII v1.
Must never let half a window count, move a checkpoint back, write a key or a page in the clear, or
treat what people handed in to protect themselves as proof.
"""
