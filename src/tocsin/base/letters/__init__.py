"""Letters to people outside: written once, sent until a transport takes them, with a receipt.

Owns the letters and their attempts. A letter keeps one Message-ID for all its attempts, so a
receiver that gets it twice sees one letter. Must never carry a picture: attachments are text.
"""
