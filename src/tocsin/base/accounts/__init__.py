"""People who log in, and parties (providers, hotlines, police) who come with a key.

Owns people with their one role, one-time links, parties and their keys. Passwords are kept as
Argon2 hashes, key secrets as SHA-256 of 32 random bytes; both are shown once, when made.
Must never give an administrator a permission over items, nor an analyst one over people.
"""
