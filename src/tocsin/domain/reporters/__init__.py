"""Reporters: people who say something and stay unknown; their receipt, and talking with them.

For: the public door and the desk. Owns receipts (a slow hash only), messages both ways, and
forms that were begun. Must never: know who a reporter is, keep an address of theirs, or tell
more of an item than its state in plain words.
"""
