"""Thirty days in an hour: our rules and those of the tool that hotlines have, on the same stream.

For: showing what the rules are worth before anybody relies on them. Owns a drawn world (hosters of
several kinds, pages, reports), the rules of the other tool as far as they are public, and the
table that compares. Must never: let either side know more than it would, or leave anything behind.
"""
