"""Corrections: what was told and turns out wrong is taken back with everybody who was told.

For: providers who say that an entry is wrong, the people who review it, and whoever got a hit. Owns
providers' words on entries, appeals, floods and their brake, and the feed of corrections with its
webhooks. Must never: name a list, an entry or a hash to a provider, let an address it has no proof
of hear of hits, or forget somebody who was told.
"""
