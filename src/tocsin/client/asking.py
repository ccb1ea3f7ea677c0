"""Checks over a line: whatever goes wrong comes out as `unknown`, never as an exception."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tocsin.client.deciding import Policies, Told, unanswered, verdict_on
from tocsin.client.failures import Failure
from tocsin.client.line import Call, Line
from tocsin.client.types import News, Question, Verdict, WrongQuestion
from tocsin.client.wire import batches, results_of, weight_of
from tocsin.engine.search.matches import Level

NOTHING_NEW = "nothing_new"
_JSON = {"content-type": "application/json"}


class Asking:
    """Asks for verdicts by one line and decides by one set of policies."""

    def __init__(
        self, line: Line, policies: Policies, most_items: int, level: Level = Level.NEAR
    ) -> None:
        self._line = line
        self._policies = policies
        self._most_items = most_items
        self._level = level

    async def check(self, questions: Sequence[Question]) -> list[Verdict]:
        """A verdict for each, in order."""
        verdicts: list[Verdict] = []
        for batch, body in self._batches(questions, self._most_items):
            verdicts += await self._check_batch(batch, body)
        return verdicts

    async def news(self, questions: Sequence[Question], since: int) -> News:
        """What came or changed after a list version. Raises Failure: in part it is no answer."""
        told: list[Told] = []
        for batch, body in self._batches(questions, self._most_items, since):
            told += await self._told(batch, body)
        verdicts = [
            None if one.status == NOTHING_NEW else verdict_on(one, question, self._policies)
            for one, question in zip(told, questions, strict=True)
        ]
        versions = [one.list_version for one in told if one.list_version is not None]
        return News(tuple(verdicts), min(versions, default=since))

    async def send(self, data: bytes, upload_id: str) -> Verdict:
        """The verdict on a file whose bytes are sent."""
        if not upload_id.isascii():
            raise WrongQuestion("the id of a file that is sent is ASCII, as it travels in a header")
        # The server has the bytes: what it says of how far it could look is the last word.
        question = Question(id=upload_id, md5=bytes(16))
        headers = {"content-type": "application/octet-stream", "tocsin-client-id": upload_id}
        if self._level is not Level.NEAR:  # which an older server does as well
            headers["tocsin-level"] = self._level.value
        try:
            body = await self._line.ask(Call("POST", "/v2/media", data, headers))
            [told] = results_of(body, [upload_id])
        except Failure as failure:
            return self._unanswered(upload_id, failure)
        return verdict_on(told, question, self._policies)

    async def _check_batch(self, batch: Sequence[Question], body: bytes) -> list[Verdict]:
        try:
            return await self._answered(batch, body)
        except Failure as failure:
            wrong = {place for place in failure.places if 0 <= place < len(batch)}
            if failure.status == 422 and wrong and len(wrong) < len(batch):
                return await self._without(wrong, batch, failure)
            return [self._unanswered(question.id, failure) for question in batch]

    async def _answered(self, batch: Sequence[Question], body: bytes) -> list[Verdict]:
        pairs = zip(await self._told(batch, body), batch, strict=True)
        return [verdict_on(result, question, self._policies) for result, question in pairs]

    async def _told(self, batch: Sequence[Question], body: bytes) -> list[Told]:
        call = Call("POST", "/v2/checks", body, _JSON, items=weight_of(batch, self._level))
        return results_of(await self._line.ask(call), [question.id for question in batch])

    async def _without(
        self, wrong: set[int], batch: Sequence[Question], failure: Failure
    ) -> list[Verdict]:
        """One wrong item refuses a whole batch: the others are asked again without those named."""
        sound = [question for place, question in enumerate(batch) if place not in wrong]
        [(_, body)] = self._batches(sound, len(sound))
        try:
            answered = iter(await self._answered(sound, body))
        except Failure as again:
            answered = iter([self._unanswered(question.id, again) for question in sound])
        refused = replace(failure, detail="the server does not take this one")
        return [
            self._unanswered(question.id, refused) if place in wrong else next(answered)
            for place, question in enumerate(batch)
        ]

    def _batches(
        self, questions: Sequence[Question], most_items: int, since: int | None = None
    ) -> Iterator[tuple[list[Question], bytes]]:
        return batches(questions, most_items=most_items, level=self._level, since=since)

    def _unanswered(self, upload_id: str, failure: Failure) -> Verdict:
        return unanswered(upload_id, failure.why, failure.detail, self._policies.outage)
