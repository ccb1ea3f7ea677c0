"""What can go wrong between us and the server."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.client.types import Why


@dataclass(eq=False)
class Failure(Exception):
    """A call that brought no answer. `detail` is for people, and holds nothing that was sent."""

    why: Why
    detail: str = ""
    status: int | None = None
    retry_after: float = 0.0
    code: str = ""
    places: tuple[int, ...] = ()
    """The items of a refused batch that the refusal is about, by their number from 0."""

    @property
    def is_outage(self) -> bool:
        """Whether it speaks against the service as a whole: the circuit breaker counts these."""
        return self.why in {
            Why.UNREACHABLE,
            Why.TOO_SLOW,
            Why.CUT_SHORT,
            Why.UNREADABLE,
            Why.REDIRECTED,
            Why.SERVER_ERROR,
            Why.UNAVAILABLE,
        }

    @property
    def may_pass(self) -> bool:
        """Whether asking once more may bring an answer."""
        return self.why in {
            Why.UNREACHABLE,
            Why.CUT_SHORT,
            Why.SERVER_ERROR,
            Why.UNAVAILABLE,
            Why.TOO_FAST,
        }


class CallFailed(Exception):
    """A report, feedback or a poll did not get through: nothing is known of what became of it.

    `why` says why. Send it again: feedback, and a report with a `client_reference`, count once.
    """

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(detail or why.value)
        self.why = why


class CallRefused(CallFailed):
    """The server does not take it as it is. `status` and `code` are the server's."""

    def __init__(self, detail: str, *, status: int | None, code: str) -> None:
        super().__init__(Why.REFUSED, detail)
        self.status = status
        self.code = code


def call_failed(failure: Failure) -> CallFailed:
    """The same for the caller, with what the server said of it."""
    if failure.why is Why.REFUSED:
        return CallRefused(failure.detail, status=failure.status, code=failure.code)
    return CallFailed(failure.why, failure.detail)
