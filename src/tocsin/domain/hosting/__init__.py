"""Hosting: who keeps the server behind an address, whom to tell there, and how that changes.

For: notices, rechecks, visits, figures. Owns answers of DNS, RDAP and routing as they were given,
the chain of contacts drawn from them, and their history with source and confidence.
Must never: reach the network but through egress, or hand a guess on as if it were written down.
"""
