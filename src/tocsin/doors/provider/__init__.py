"""The provider's pages: sign up, show a domain, look after keys, see one's own traffic.

For: providers, who have no log-in here but one-time links by letter and a short session. Owns its
pages alone. Must never: show a secret twice, show anything of another party, or tell whether an
e-mail address is known.
"""
