"""A module for Synapse, the Matrix homeserver: media are checked before they are stored.

    modules:
      - module: tocsin.client.synapse.TocsinMediaCheck
        config:
          server: https://tocsin.example
          key_file: /etc/matrix-synapse/tocsin.key
          outage: hold

Synapse asks for each local upload, each file that it fetches from another homeserver, and each
picture of a link preview, once it is on its disk and before anybody can have it; what is refused
it deletes again. Thumbnails are made of files that were checked, and are not asked about.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from tocsin.client.keys import Key
from tocsin.client.recheck import Rechecked, RecheckQueue
from tocsin.client.settings import Settings
from tocsin.client.synchronous import Client
from tocsin.client.types import Decision, OutagePolicy

log = logging.getLogger("tocsin.client.synapse")

_KNOWN: Final = frozenset(
    {"server", "key_file", "outage", "recheck_file", "unsupported", "deadline_seconds"}
)


class WrongConfig(ValueError):
    """The module's part of the homeserver's configuration is wrong; the text says where."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the homeserver's configuration says."""

    server: str
    key: Key
    outage: OutagePolicy
    recheck_file: str | None
    unsupported: Decision
    deadline_seconds: float


class FileWrapper(Protocol):
    """What Synapse lets a module read of a file."""

    def write_chunks_to(self, callback: Callable[[bytes], object]) -> Awaitable[None]:
        """Give the file piece by piece."""


class ModuleApi(Protocol):
    """As much of Synapse's `ModuleApi` as is needed."""

    def register_spam_checker_callbacks(self, **callbacks: object) -> None:
        """Have callbacks called."""

    def defer_to_thread(
        self, f: Callable[..., Any], *args: object, **kwargs: object
    ) -> Awaitable[Any]:
        """Run what blocks in a thread."""


class TocsinMediaCheck:
    """The module. What the verdict does not let in, Synapse answers with 400 "Bad content"."""

    def __init__(self, config: Config, api: ModuleApi) -> None:
        from synapse.module_api import NOT_SPAM
        from synapse.module_api.errors import Codes

        self._passes, self._refuses = NOT_SPAM, Codes.FORBIDDEN
        self._api = api
        queue = None if config.recheck_file is None else RecheckQueue(config.recheck_file)
        self.client = Client(
            config.server,
            config.key,
            outage=config.outage,
            recheck=queue,
            unsupported=config.unsupported,
            settings=Settings(deadline_seconds=config.deadline_seconds),
        )
        if queue is not None:
            self.client.keep_rechecking(_tell_operator)
        api.register_spam_checker_callbacks(
            check_media_file_for_spam=self.check_media_file_for_spam
        )

    @staticmethod
    def parse_config(config: Mapping[str, Any]) -> Config:
        """Raises WrongConfig."""
        unknown = sorted(config.keys() - _KNOWN)
        if unknown:
            raise WrongConfig(f"tocsin: there is no setting {unknown[0]}")
        for name in ("server", "key_file", "outage"):
            if not isinstance(config.get(name), str):
                raise WrongConfig(f"tocsin: {name} is needed")
        try:
            read = Config(
                server=config["server"],
                key=Key.from_file(config["key_file"]),
                outage=OutagePolicy(config["outage"]),
                recheck_file=config.get("recheck_file"),
                # What is encrypted from end to end is of no kind that anybody could read.
                unsupported=Decision(config.get("unsupported", "allow")),
                deadline_seconds=float(config.get("deadline_seconds", 10.0)),
            )
        except ValueError as error:
            raise WrongConfig(f"tocsin: {error}") from None
        if (read.outage is OutagePolicy.OPEN_AND_RECHECK) != (read.recheck_file is not None):
            raise WrongConfig("tocsin: open-and-recheck, and nothing else, needs a recheck_file")
        return read

    async def check_media_file_for_spam(self, file_wrapper: FileWrapper, file_info: Any) -> Any:
        """What Synapse calls for each file: `NOT_SPAM`, or the code to refuse it with."""
        if getattr(file_info, "thumbnail", None):
            return self._passes
        with self.client.intake() as intake:
            await file_wrapper.write_chunks_to(intake.feed)
            if not intake.size:
                return self._passes
            verdict = await self._api.defer_to_thread(
                self.client.check_intake, intake, id=str(file_info.file_id)
            )
        if verdict.decision is Decision.ALLOW:
            return self._passes
        extra = {"media_id": verdict.id, "answer": verdict.answer, "decision": verdict.decision}
        log.warning("media_refused", extra=extra)
        return self._refuses


def _tell_operator(rechecked: Rechecked) -> None:
    """What was let in while the service was away turns out listed: a person has to act on it."""
    if rechecked.verdict.decision is not Decision.ALLOW:
        extra = {"media_id": rechecked.verdict.id, "decision": rechecked.verdict.decision}
        log.error("stored_media_found", extra=extra)
