"""StopNCII v1 as it is asked: FetchHashes from a moment on, page by page, and SubmitFeedback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec

from tocsin.domain.exchanges import asking
from tocsin.domain.exchanges.asking import PullFailed, Service
from tocsin.domain.exchanges.credentials import FEEDBACK_KEY
from tocsin.domain.exchanges.protocol import Ballot, Fetched, Speech
from tocsin.domain.exchanges.rules import Window
from tocsin.domain.exchanges.types import Direction, Trouble
from tocsin.domain.hashlists.pages import TooManyRecords, UnusablePage, read_page

FORMAT: Final = "stopncii-v1"
PAGE_SIZE: Final = 800
LEAST_START: Final = 10
"""What the public client asks from at first."""
_WORDS: Final = {Direction.UP: "Blocked", Direction.DOWN: "NotBlocked"}


class _Head(msgspec.Struct):
    """What stands around the records."""

    hasMoreRecords: bool  # noqa: N815 - their name
    nextPageToken: str | int | None = None  # noqa: N815
    nextSetTimestamp: int | None = None  # noqa: N815


def headers(keys: Mapping[str, str]) -> Mapping[str, str]:
    """The two keys that every request carries."""
    return {
        "x-functions-key": keys["functions_key"],
        "ocp-apim-subscription-key": keys["subscription_key"],
    }


def feedback_headers(keys: Mapping[str, str]) -> Mapping[str, str]:
    """The same for SubmitFeedback, which may have a key of its own."""
    return {**headers(keys), "x-functions-key": keys.get(FEEDBACK_KEY, keys["functions_key"])}


def time(service: Service, now: int) -> int | None:
    """It need not be known before: this service says itself from when to ask next time."""
    return None


def page(service: Service, window: Window, cursor: str, now: int) -> Fetched:
    """The first page from a moment on, or the one that `cursor` names."""
    asked = {"startTimestamp": max(window.start, LEAST_START), "pageSize": PAGE_SIZE}
    query = urlencode({**asked, "nextPageToken": cursor} if cursor else asked)
    got = asking.get(service, f"/FetchHashes?{query}", media_type="json", now=now)
    try:
        read_page(FORMAT, got.body)
        head = msgspec.json.decode(got.body, type=_Head)
    except TooManyRecords:
        raise PullFailed(Trouble.TOO_LARGE) from None
    except (UnusablePage, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise PullFailed(Trouble.BROKEN) from None
    token = "" if head.nextPageToken is None else str(head.nextPageToken)
    if head.hasMoreRecords and not token:
        # Records that it says are there and does not let us ask for.
        raise PullFailed(Trouble.BROKEN)
    onward = token if head.hasMoreRecords else ""
    return Fetched(got.body, onward, head.nextSetTimestamp, got.server_time)


def vote(service: Service, ballot: Ballot, now: int) -> None:
    """Say whether we found it to be what it was handed in as; saying it again changes nothing."""
    told = {"tags": [ballot.reason] if ballot.reason else [],
            "feedbackValue": _WORDS[ballot.direction], "hashValue": ballot.value}  # fmt: skip
    body = msgspec.json.encode({"count": 1, "hashFeedbacks": [told]})
    asking.send(service, "POST", "/SubmitFeedback", body, "json", now)


SPEECH: Final = Speech(headers, feedback_headers, time, page, vote, takes_end=False)
