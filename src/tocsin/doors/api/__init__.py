"""The door for programs: providers, hotlines and platforms that check hashes and send reports.

For: `/v1` (the Dutch wire) and `/v2` (our own), plain WSGI in front of Django, because a check must
cost microseconds. Owns the wire formats, the limits and the OpenAPI description.
Must never: log a hash or an address, answer `false` or "not listed" for what it could not check,
write a byte of an upload to disk, or give away a list entry's hash.
"""
