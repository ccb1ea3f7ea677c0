"""Known-good sets for these tests, made of words, and lists that meet them."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from tests.domain.hashlists.lists import entry, value
from tocsin.domain.hashlists import known
from tocsin.engine.knowngood import Digest, Manifest, SetWriter, Source
from tocsin.engine.knowngood.types import KINDS, PDQ_DTYPE, WIDTH_BYTES

_EMPTY = Manifest(
    "made", "a test", datetime(2026, 1, 1, tzinfo=UTC), "tocsin test", 0, Digest.NONE, 0, ()
)
WIDTHS = {"md5": 16, "sha1": 20, "sha256": 32, "pdq": 32}


def know(
    *words: str, name: str = "office", kinds: tuple[Digest, ...] = KINDS, pdqs: bool = False
) -> None:
    """A set in the data folder that knows the files of these words, by digest or by PDQ too."""
    with SetWriter(known.folder_of_sets() / name) as writer:
        source = writer.source(Source("wordpress", "6.1"))
        writer.source(Source("unused", "1"))
        for kind in kinds:
            width = WIDTH_BYTES[kind]
            raw = b"".join(bytes.fromhex(value(word, width)) for word in words)
            writer.add({kind: np.frombuffer(raw, np.uint8).reshape(-1, width)}, source)
        if pdqs:
            rows = np.zeros(len(words), PDQ_DTYPE)
            for row, word in zip(rows, words, strict=True):
                row["value"] = np.frombuffer(bytes.fromhex(value(word, 32)), np.uint8)
                row["quality"], row["regularity"] = 90, 10
            writer.add_pdqs(rows)
        writer.publish(_EMPTY)


def know_whole(*words: str, name: str = "office") -> None:
    """The same, of a set that keeps every digest of each of its files."""
    with SetWriter(known.folder_of_sets() / name) as writer:
        source = writer.source(Source("wordpress", "6.1"))
        digests = {}
        for kind, width in WIDTH_BYTES.items():
            raw = b"".join(bytes.fromhex(value(word, width)) for word in words)
            digests[kind] = np.frombuffer(raw, np.uint8).reshape(-1, width)
        writer.add(digests, source)
        writer.publish(_EMPTY)


def listed(own_id: str, **words: str) -> dict[str, object]:
    """An entry whose fingerprints are those of these words: `md5="icon", sha1="other"`."""
    prints = [
        {"algo": algo, "value": value(word, WIDTHS[algo])}
        | ({"quality": 90} if algo == "pdq" else {})
        for algo, word in words.items()
    ]
    return entry(own_id, fingerprints=prints)
