"""The pages of those who work here: analysts, managers, administrators.

Owns the pages, their words and their keys; nothing is decided here, only asked and shown.
Every page demands a log-in with a second factor and a permission of `base/accounts`.
Must never show, fetch or link to a picture, nor change anything on a GET, nor show an
administrator an item.
"""
