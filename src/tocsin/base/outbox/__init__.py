"""News that must travel up or out: written with the change, delivered at least once.

Owns the messages, their attempts and the dead letters. A message carries ids, never a picture,
a hash or an address. Must never lose a message: what cannot be delivered becomes a dead letter
with a clock that a person sees. What was delivered is forgotten a month later.
"""
