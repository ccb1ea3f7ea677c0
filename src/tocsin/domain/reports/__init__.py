"""Reports and items: what somebody said, the address it is about, and what an analyst found.

Owns reports (append-only), items (one canonical address each), findings and corrections, and the
queue of the analysts' desk. Decisions are made by hash and ground first; nothing is ever opened.
Must never hold a picture or an address in the clear, lose a report, or let two decide at once.
"""
