"""A folder, swept like a bucket; on a cluster every machine must see it under the same path."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.media import MediaOptions
from tocsin.site.checking.reading import look_at
from tocsin.site.checking.types import File, Trouble
from tocsin.site.checking.walking import Walk
from tocsin.site.sweeping.types import CannotList, Fingerprinting, Stored, Taken

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Folder:
    """All files below `path`, an absolute path without links. A key is the path of a file below
    it, with surrogate escapes where it is not UTF-8."""

    path: str

    @property
    def text(self) -> str:
        return self.path

    def named(self, key: str) -> str:
        return os.path.join(self.path, key)  # noqa: PTH118 - text, as it is printed

    def pages(self) -> Iterator[list[Stored]]:
        """Some at a time, in the order of `tocsin check`. What cannot be opened comes as size 0."""
        files = iter(Walk([self.path]))
        while page := [self._stored(file) for file in islice(files, PAGE)]:
            yield page

    def take(self, stored: Stored, fingerprint: Fingerprinting) -> Taken:
        """Read the file and fingerprint it."""
        file = File(self.named(stored.key), 0, stored.size_bytes, 0)
        options = MediaOptions(max_bytes=fingerprint.max_bytes)

        def of(data: bytes, _options: MediaOptions) -> Fingerprints:
            return fingerprint(data)

        looked = look_at(file, of, options)
        if isinstance(looked, Trouble):
            return Taken(reason=looked.reason)
        return Taken(looked.fingerprints)

    def confirm(self, stored: Stored) -> Taken:
        """A file has no ETag."""
        return Taken(reason="has no ETag")

    def _stored(self, file: File | Trouble) -> Stored:
        key = os.path.relpath(file.path, self.path)
        if isinstance(file, Trouble):
            return Stored(key, 0, "", "")
        modified = datetime.fromtimestamp(file.modified_ns / 1e9, UTC).isoformat()
        return Stored(key, file.size_bytes, "", modified)


def folder_of(text: str) -> Folder:
    """The folder of this name. Raises CannotList when there is none."""
    if not os.path.isdir(text):  # noqa: PTH112
        raise CannotList(f"there is no folder {text}; a bucket is named as s3://BUCKET/PREFIX.")
    return Folder(os.path.realpath(text))
