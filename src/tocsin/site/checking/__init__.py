"""Checking files and folders from the command line: `tocsin check PATH…`.

For: a provider or an examiner who wants to know which files are on a list. Owns the walk through
folders, the reading, the notes that let a run be taken up again, and what is shown.
Must never: print or open a picture, print a hash, or call a file that was not looked at clean.
"""
