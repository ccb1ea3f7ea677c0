"""Providers: who signs up by themselves, shows that a domain is theirs, and looks after their keys.

For: the provider's own pages, and managers who vouch for one. Owns sign-ups, one-time links by
letter, proofs of a domain, and what such a party's keys may ask. Must never: tell whether an e-mail
address is known, keep the address of a visitor, or give a key of lists that count to whom has
neither shown a domain nor been vouched for.
"""
