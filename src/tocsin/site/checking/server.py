"""A server's lists: fingerprints are sent, never a file, a path or a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tocsin.client import (
    CallFailed,
    CallRefused,
    Client,
    Key,
    OutagePolicy,
    Question,
    Settings,
    Verdict,
    Why,
)
from tocsin.client.keys import WrongAddress, WrongKey
from tocsin.domain.matching.types import Action
from tocsin.engine.search import Level
from tocsin.site.checking.types import CannotAsk, Known, Looked, News

BATCH: Final = 1_000
_NO_ANSWER: Final = "the server gave no answer, so nothing is known of these files: {why}"
# It has forgotten, or is older than this question.
_IN_FULL: Final = frozenset({"too_old", "no_such_version", "wrong_batch"})
# A run through an archive rather waits for a busy server than breaks off.
SETTINGS: Final = Settings(
    deadline_seconds=180.0,
    first_pause_seconds=1.0,
    longest_pause_seconds=8.0,
    most_items=BATCH,
    # How much is asked was settled when the files were looked at.
    level=Level.THOROUGH,
)


class ServerLists:
    """The lists behind `POST /v2/checks` of a server, as the key may see them."""

    most_at_once = BATCH

    def __init__(self, url: str, key: str, *, settings: Settings = SETTINGS) -> None:
        """Raises CannotAsk when `url` is no address or `key` is no key."""
        try:
            # Nothing is let in here: what was not answered for breaks the run off.
            self._client = Client(
                url, Key.from_text(key), outage=OutagePolicy.HOLD, settings=settings
            )
        except WrongAddress as error:
            raise CannotAsk(f"--server: {error}.") from error
        except WrongKey as error:
            raise CannotAsk(f"the key file holds no key: {error}.") from error
        self.version: int | None = None

    @property
    def identity(self) -> str:
        return f"server {self._client.server} {self._client.key_id}"

    @property
    def name(self) -> str:
        return self.identity

    @property
    def described(self) -> str:
        return f"lists of {self._client.server}"

    def ask(self, looked: Sequence[Looked]) -> list[Known]:
        return self._ask(_questions(looked))

    def ask_since(self, looked: Sequence[Looked], version: int) -> News | None:
        try:
            news = self._client.check_since(_questions(looked), version)
        except CallRefused as error:
            if error.code in _IN_FULL:
                return None
            raise CannotAsk(_NO_ANSWER.format(why=error)) from error
        except CallFailed as error:
            raise CannotAsk(_NO_ANSWER.format(why=error)) from error
        self.version = news.list_version
        known = (None if verdict is None else _known(verdict) for verdict in news.verdicts)
        return News(tuple(known), news.list_version)

    def ask_md5(self, md5s: Sequence[bytes]) -> list[Known]:
        """What is known of files by their MD5 alone, in order. Raises CannotAsk."""
        return self._ask([Question(id=str(place), md5=md5) for place, md5 in enumerate(md5s)])

    def _ask(self, questions: Sequence[Question]) -> list[Known]:
        verdicts = self._client.check(questions)
        known = [_known(verdict) for verdict in verdicts]
        self.version = verdicts[-1].list_version if verdicts else self.version
        return known


def _questions(looked: Sequence[Looked]) -> list[Question]:
    return [Question.of(one.fingerprints, id=str(place)) for place, one in enumerate(looked)]


def _known(verdict: Verdict) -> Known:
    if verdict.decided_by is not None or verdict.status is None:
        raise CannotAsk(_NO_ANSWER.format(why=verdict.detail))
    action = verdict.action or ""
    if verdict.why is Why.NOT_LOOKED_AT and action in {"", Action.NONE.value}:
        action = Action.HOLD.value
    match = verdict.match
    return Known(
        status=verdict.status,
        action=action,
        kind=match.kind if match else None,
        category=match.category if match else None,
        sources=match.sources if match else None,
        film_share=match.film_share if match else None,
        reference=verdict.reference,
        list_version=verdict.list_version,
    )
