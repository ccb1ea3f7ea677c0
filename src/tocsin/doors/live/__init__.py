"""The live stream: tells open consoles that the queue has changed.

Owns `/live`, server-sent events with counts by state and nothing else, and one poller that all
connections share. Must never send an address, a number of an item or a word of a report, and
never change anything.
"""
