"""Django's part takes no files: they would pass through its memory and temporary folders."""

from __future__ import annotations

from typing import Any, NoReturn

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.uploadhandler import FileUploadHandler


class RefuseFiles(FileUploadHandler):
    """Answers any file in a form with 400; the media door is `/v2/media`."""

    def new_file(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise SuspiciousFileOperation("files are not taken here")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        raise SuspiciousFileOperation("files are not taken here")

    def file_complete(self, file_size: int) -> None:
        return None
