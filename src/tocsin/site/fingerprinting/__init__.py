"""Fingerprints of files from the command line: `tocsin fingerprint FILE…`.

For: whoever makes a list from files of their own, or wants to know why a file matches or does not.
Owns the three forms in which fingerprints are told: to people, as JSON, as entries of a list.
Must never: show, copy or keep a picture, or write a hash anywhere but where it was asked for.
"""
