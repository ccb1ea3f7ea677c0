"""The hoster's pages: what a notice is about, and what the hoster says to it.

For: hosters, by a link in their notice and without an account. Owns its pages alone. Must never:
change anything on GET, take an opened link for reading, or show another's notice.
"""
