"""Browser: the same fingerprints, made on the device of the person whose picture it is.

For: a victim who wants a picture known to the lists without handing it to anybody.
Owns one JavaScript module without dependencies, as it is served: `shipped/fingerprint.js`, whose
use and exactness `docs/engine/browser.md` tells.
Must never: send, store or show a picture; call anything outside the page; hold a second copy of
the module that could fall behind the first.
"""

import base64
import hashlib
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "shipped"
"""Holds the module and nothing else, so that a web server may serve it whole."""

NAME: Final = "fingerprint.js"
HASHER: Final = "tocsin-pdq-js/1"
"""What the module's fingerprints carry as their hasher; same bits as `fingerprints.HASHER`."""


def source() -> bytes:
    """The module as it is served, UTF-8."""
    return (FOLDER / NAME).read_bytes()


def integrity() -> str:
    """The `integrity` attribute of the module's script element (W3C Subresource Integrity)."""
    return "sha384-" + base64.b64encode(hashlib.sha384(source()).digest()).decode("ascii")


__all__ = ["FOLDER", "HASHER", "NAME", "integrity", "source"]
