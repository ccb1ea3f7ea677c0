"""Figures: all of it, counted, in a way that anybody can count again.

For: managers, regulators, the public. Reads every room and owns no state but signed decisions to
name a hoster. Must never: count what it cannot define, or show one person behind a number.
"""
