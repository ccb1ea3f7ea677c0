"""What happens to the files of a request, whoever reads it: held, checked, passed on or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Generic, TypeVar

from tocsin.client.asynchronous import AsyncClient
from tocsin.client.intake import Intake
from tocsin.client.middleware.forms import (
    Begins,
    Content,
    Event,
    FormReader,
    Head,
    Malformed,
    Passing,
    RawReader,
    Reader,
    WrongKind,
    boundary_of,
)
from tocsin.client.synchronous import Client
from tocsin.client.types import Answer, Decision, Verdict, Why

RETRY_AFTER_SECONDS: Final = 30
PIECE_BYTES: Final = 1 << 16
VERDICTS: Final = "tocsin.verdicts"
"""Where the application finds the verdicts: in the WSGI environment, in the ASGI scope."""

AnyClient = TypeVar("AnyClient", Client, AsyncClient)


class Handling(StrEnum):
    """What becomes of an upload that the verdict does not let in."""

    REFUSE = "refuse"
    """The application never sees it."""
    MARK = "mark"
    """The application gets it, with its verdict, and does what the verdict says."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a request. `field` is the form's field, "" where the body itself is the file."""

    field: str
    filename: str | None
    content_type: str


@dataclass(frozen=True, slots=True)
class Checked:
    """An upload, how many bytes it had, and what came out."""

    upload: Upload
    size_bytes: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to a request that is not let through. It says nothing of any list."""

    status: int
    message: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def body(self) -> bytes:
        return f"{self.message}\n".encode()

    @property
    def all_headers(self) -> list[tuple[str, str]]:
        return [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(self.body))),
            ("Cache-Control", "no-store"),
            *self.headers,
        ]


class UploadStopped(Exception):
    """The rest of this upload is not to be had: the request is answered already."""


def usual_refusal(checked: Checked) -> Refusal:
    """451 for what was found; 422 for what no program can look at; 503 where nobody knows."""
    verdict = checked.verdict
    if verdict.answer is not Answer.UNKNOWN:
        return Refusal(451, "This file cannot be accepted.")
    if verdict.why is Why.NOT_LOOKED_AT:
        return Refusal(422, "This file cannot be checked, so it cannot be accepted.")
    retry = (("Retry-After", str(RETRY_AFTER_SECONDS)),)
    return Refusal(503, "Files cannot be checked at the moment. Send it again later.", retry)


def _every(upload: Upload) -> bool:
    return True


def _no_id(upload: Upload) -> str | None:
    return None


def _nobody(checked: Checked) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Screen(Generic[AnyClient]):
    """A client, and what is done with its verdicts.

    `wants` says which uploads are checked (all); `upload_id` gives each its id for the server (a
    random one); `refusal` the answer to what is not let in; `told` hears of every check.
    `raw_types` are the beginnings of content types of bodies that are a file by themselves.
    """

    client: AnyClient
    handling: Handling = Handling.REFUSE
    wants: Callable[[Upload], bool] = _every
    upload_id: Callable[[Upload], str | None] = _no_id
    refusal: Callable[[Checked], Refusal] = usual_refusal
    told: Callable[[Checked], object] = _nobody
    raw_types: tuple[str, ...] = ("image/", "video/", "application/octet-stream")

    def begin(self, content_type: str, content_encoding: str = "") -> Screening[AnyClient] | None:
        """The screening of a request with these headers, or None where it can hold no file."""
        kind = content_type.strip().lower()
        is_form = kind.startswith("multipart/")
        if not (is_form or kind.startswith(self.raw_types)):
            return None
        screening = Screening(self)
        try:
            if content_encoding.strip().lower() not in {"", "identity"}:
                raise WrongKind("a packed body cannot be checked")
            if is_form:
                screening.reader = FormReader(boundary_of(content_type))
            else:
                screening.reader = RawReader(content_type)
        except (Malformed, WrongKind) as error:
            screening.stop(_unreadable(error))
        return screening


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file is there and waits for its verdict, which goes to `Screening.settle`."""

    upload: Upload
    intake: Intake


@dataclass(slots=True)
class Screening(Generic[AnyClient]):
    """One request. Drive it with `feed` and `end`; both give bytes that may pass on, and `Arrived`
    for each file: settle it before going on. Raises UploadStopped."""

    screen: Screen[AnyClient]
    reader: Reader = field(default_factory=lambda: RawReader(""))
    checked: list[Checked] = field(default_factory=list)
    stopped: Refusal | None = None
    _upload: Upload | None = None
    _intake: Intake | None = None

    def feed(self, piece: bytes) -> Iterator[bytes | Arrived]:
        """Take the next piece of the body."""
        yield from self._guarded(self.reader.feed(piece))

    def end(self) -> Iterator[bytes | Arrived]:
        """The body is over."""
        yield from self._guarded(self.reader.end())

    def settle(self, verdict: Verdict) -> None:
        """What came out for the file that has just arrived."""
        upload, intake = self._upload, self._intake
        if upload is None or intake is None:
            return
        checked = Checked(upload, intake.size, verdict)
        self.checked.append(checked)
        self.screen.told(checked)
        if self.screen.handling is Handling.REFUSE and verdict.decision is not Decision.ALLOW:
            self.stop(self.screen.refusal(checked))

    def stop(self, refusal: Refusal) -> None:
        """Nothing more passes on."""
        self.stopped = refusal

    def close(self) -> None:
        """The request is over: let go of what is held."""
        if self._intake is not None:
            self._intake.close()

    def _guarded(self, events: Iterator[Event]) -> Iterator[bytes | Arrived]:
        self._go_on()
        try:
            for event in events:
                yield from self._take(event)
                self._go_on()
        except (Malformed, WrongKind) as error:
            self.stop(_unreadable(error))
            self._go_on()

    def _go_on(self) -> None:
        if self.stopped is not None:
            self.close()
            raise UploadStopped(self.stopped.message)

    def _take(self, event: Event) -> Iterator[bytes | Arrived]:
        if isinstance(event, Passing):
            yield event.data
        elif isinstance(event, Begins):
            self._begin(event.head)
        elif isinstance(event, Content):
            yield from self._content(event.data)
        elif self._intake is not None and self._upload is not None:
            if self._intake.size:
                settled = len(self.checked)
                yield Arrived(self._upload, self._intake)
                self._go_on()
                if len(self.checked) == settled:
                    raise RuntimeError("a file that has arrived waits for its verdict")
            yield from _slices(self._intake.data or b"")
            self._intake.close()
            self._upload = self._intake = None

    def _begin(self, head: Head) -> None:
        upload = Upload(head.name, head.filename, head.content_type)
        if self.screen.wants(upload):
            self._upload, self._intake = upload, self.screen.client.intake()

    def _content(self, data: bytes) -> Iterator[bytes]:
        if self._intake is None:
            yield data
        elif not self._intake.feed(data):
            # Too large to be held: it flows on as it comes, but for its end.
            yield from self._intake.let_go()
            yield data


def _slices(data: bytes) -> Iterator[bytes]:
    """A held file, in pieces: whoever reads it takes one after the other, and makes no copy."""
    for start in range(0, len(data), PIECE_BYTES):
        yield data[start : start + PIECE_BYTES]


def _unreadable(error: Malformed | WrongKind) -> Refusal:
    status = 400 if isinstance(error, Malformed) else 415
    return Refusal(status, f"This request cannot be taken: {error}.")
