"""Hosters: who keeps a server, in which country and language, and where notices to them go.

Owns the hand-kept table of hosters and the places (domains, networks) that are theirs.
Rehearsal hosters live beside real ones and the two never meet: a look-up names its world.
Must never look a name up on the network, or guess an address nobody has written down.
"""
