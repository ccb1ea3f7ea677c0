"""What an entry amounts to now, for whoever was told of it once."""

from __future__ import annotations

from enum import StrEnum


class Standing(StrEnum):
    """What an entry that was once told of amounts to now.

    `changed`: a newer version counts, and no longer has every fingerprint of the one told of.
    """

    LISTED = "listed"
    HELD = "held"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
