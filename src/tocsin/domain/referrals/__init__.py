"""Referrals: what is handed to the police, what they ask to leave in place, and their answers.

For: the police liaison. Owns referrals, sealed packages' records, legal holds and answers.
Must never: hand over a picture, hold anything without an end, or tell who must not be told.
"""
