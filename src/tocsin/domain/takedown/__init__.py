"""Takedown: notices to hosters, from the finding to the receipt, and their withdrawal.

Owns notices with their life and clocks, the letters' wording in three languages, and the XARF
part with its vendored schemas. A notice leaves within a minute, day and night.
Must never attach a picture, send a list's hash nobody sent us, or mail a real hoster in rehearsal.
"""
