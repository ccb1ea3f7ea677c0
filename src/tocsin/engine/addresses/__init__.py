"""Addresses: one spelling for every web address, so that the same page is one item.

For reports, the scanner and egress, which all have to know when two addresses are the same.
Owns how an address is taken apart, how its host is written, and which parameters only track.
Must never look a name up, open a connection, or put an address in the words of an error.
Plain Python: no Django, no network; a provider may use it as a library.
"""

from tocsin.engine.addresses.canonical import CanonicalUrl, canonical
from tocsin.engine.addresses.hosts import canonical_host
from tocsin.engine.addresses.percent import encode_illegal
from tocsin.engine.addresses.split import SplitUrl, origin_text, split
from tocsin.engine.addresses.unusable import UnusableAddress

__all__ = [
    "CanonicalUrl",
    "SplitUrl",
    "UnusableAddress",
    "canonical",
    "canonical_host",
    "encode_illegal",
    "origin_text",
    "split",
]
