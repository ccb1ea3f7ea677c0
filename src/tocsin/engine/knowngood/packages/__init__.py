"""Packages: the files inside .deb, wheels, zips, jars and tarballs, one after the other.

For: reading what others packed, in memory, file by file. Owns the bounds on what a package may cost
(entries, bytes, ratio, depth) and what a package says of itself.
Must never: write a file anywhere, follow a link, or trust a size or a name that a package claims.
"""

from tocsin.engine.knowngood.packages.bounds import (
    DEFAULT_BOUNDS,
    Bounds,
    TooMuch,
    WrongPackage,
)
from tocsin.engine.knowngood.packages.labels import Labels
from tocsin.engine.knowngood.packages.opening import Member, is_package, members

__all__ = [
    "DEFAULT_BOUNDS",
    "Bounds",
    "Labels",
    "Member",
    "TooMuch",
    "WrongPackage",
    "is_package",
    "members",
]
