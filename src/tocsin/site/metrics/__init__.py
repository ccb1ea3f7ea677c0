"""Figures for Prometheus: how the processes of this machine are doing.

Each process that answers writes its totals beside the database once a second; one small program
reads them, asks the database for what waits, and answers on a port of loopback. No label holds an
address, a fingerprint or a key; a provider's name only where the settings wish it.
"""
