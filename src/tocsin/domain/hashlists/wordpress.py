"""Known-good sets of what wordpress.org says its files are: releases with their own themes, and
chosen plugins.

The published lists are kept beside the sets, so that older releases stay known, and two sets are
made of them: `wordpress-releases` has MD5 alone, `wordpress-plugins` MD5 and SHA-256. No file of
WordPress itself is fetched.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
import structlog
from django.conf import settings

from tocsin.base.egress import PUBLIC, Answer, Egress, EgressError, Policy
from tocsin.domain.hashlists.known import folder_of_sets
from tocsin.engine.knowngood import (
    Digest,
    Manifest,
    SetWriter,
    Source,
    WrongSet,
    list_source,
    read_manifest,
)
from tocsin.engine.knowngood.checksums import NotChecksums, arrays, read, rows_of

log = structlog.get_logger()

API: Final = "https://api.wordpress.org"
DOWNLOADS: Final = "https://downloads.wordpress.org"
RELEASES, PLUGINS = "wordpress-releases", "wordpress-plugins"
_POLICY: Final = PUBLIC.limited_to(max_redirects=0)
_OK: Final = 200
_VERSION: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4}){1,4}(-[a-zA-Z0-9.]{1,20})?")
_PLUGIN: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_KINDS: Final = {"core": RELEASES, "plugin": PLUGINS}


class NotPulled(Exception):
    """A list could not be had; the text says which and why. What came before it is kept."""


class Web(Protocol):
    """Who fetches."""

    def request(self, method: str, url: str, *, policy: Policy) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull did: lists that were new, lines of them that could not be read, and how many
    files each set knows that was made anew."""

    fresh: tuple[str, ...]
    refused: int
    sets: dict[str, int]


@dataclass(frozen=True, slots=True)
class Puller:
    """Fetches lists and makes the sets; `web` is there to be replaced in tests."""

    web: Web = field(default_factory=Egress)

    def pull(
        self, *, releases: Sequence[str] | None, plugins: Iterable[str], at: datetime
    ) -> Pulled:
        """Fetch what is not here yet, and make the sets anew where something was.

        `releases`: which; none of them named (empty), those that wordpress.org offers now; None for
        no release at all. A published list never changes, so
        one that is here is not asked for again. Call it outside a transaction. Raises NotPulled,
        WrongSet and OSError.
        """
        chosen = [] if releases is None else releases or self._offered()
        wanted = [("core", "", one) for one in chosen]
        wanted += [("plugin", slug, self._newest(slug)) for slug in plugins]
        folder = settings.TOCSIN_DATA / "known-good-lists" / "wordpress"
        folder.mkdir(parents=True, exist_ok=True)
        fresh, refused = [], 0
        for kind, slug, number in wanted:
            name = "-".join(filter(None, (kind, slug, _checked(number, _VERSION))))
            path = folder / f"{name}.json"
            if path.exists():
                continue
            body = self._list(kind, slug, number)
            refused += _rows(body, name)
            _keep(path, body)
            fresh.append(name)
        sets = {}
        for kind, made in _KINDS.items():
            # Also what an earlier pull kept that did not come to its end.
            paths = sorted(folder.glob(f"{kind}-*.json"))
            if paths and not _is_of(folder_of_sets() / made, paths):
                sets[made] = _make(folder_of_sets() / made, paths, at)
        return Pulled(tuple(fresh), refused, sets)

    def _offered(self) -> list[str]:
        told = self._json(f"{API}/core/version-check/1.7/")
        offers = told.get("offers") if isinstance(told, dict) else None
        found = [one.get("version") for one in offers or () if isinstance(one, dict)]
        known = dict.fromkeys(one for one in found if isinstance(one, str))
        if not known:
            raise NotPulled("wordpress.org offers no release.")
        return list(known)

    def _newest(self, slug: str) -> str:
        told = self._json(f"{API}/plugins/info/1.0/{_checked(slug, _PLUGIN)}.json")
        number = told.get("version") if isinstance(told, dict) else None
        if not isinstance(number, str):
            raise NotPulled(f"wordpress.org knows no plugin {slug}.")
        return number

    def _list(self, kind: str, slug: str, number: str) -> bytes:
        if kind == "core":
            return self._get(f"{API}/core/checksums/1.0/?version={number}&locale=en_US")
        return self._get(f"{DOWNLOADS}/plugin-checksums/{slug}/{number}.json")

    def _json(self, url: str) -> Any:
        try:
            return msgspec.json.decode(self._get(url))
        except (msgspec.DecodeError, RecursionError):
            raise NotPulled("wordpress.org answered with no JSON.") from None

    def _get(self, url: str) -> bytes:
        try:
            answer = self.web.request("GET", url, policy=_POLICY)
        except EgressError as error:
            raise NotPulled(f"wordpress.org could not be asked ({error.reason}).") from None
        if answer.status != _OK:
            raise NotPulled(f"wordpress.org answered {answer.status}.")
        return answer.body


def _checked(text: str, form: re.Pattern[str]) -> str:
    if not form.fullmatch(text):
        raise NotPulled("That is no name or version as wordpress.org has them.")
    return text


def _rows(body: bytes, name: str) -> int:
    """How many lines of a list could not be read. Raises NotPulled where it is none."""
    try:
        rows, refused = rows_of(body)
    except NotChecksums as error:
        raise NotPulled(f"The list {name} cannot be used: {error}.") from None
    if not rows:
        raise NotPulled(f"The list {name} is empty.")
    return refused


def _keep(path: Path, body: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(body)
    Path(file.name).replace(path)


def _is_of(folder: Path, paths: list[Path]) -> bool:
    """Whether the set there was made of these lists."""
    try:
        return list(read_manifest(folder).sources) == [_source(path) for path in paths]
    except WrongSet:
        return False


def _source(path: Path) -> Source:
    kind, _, name = path.stem.partition("-")
    slug, _, number = name.rpartition("-") if kind == "plugin" else ("", "", name)
    label = f"WordPress plugin {slug}" if slug else "WordPress"
    return list_source(label, number, "GPL-2.0-or-later")


def _make(folder: Path, paths: list[Path], at: datetime) -> int:
    """One set of all these lists, each a source; how many files it knows."""
    origin = "checksums published by wordpress.org"
    words = Manifest(folder.name, origin, at, f"tocsin {version('tocsin')}", 0, Digest.NONE, 0, ())
    with SetWriter(folder) as writer:
        for path in paths:
            source = writer.source(_source(path))
            try:
                rows, _ = read(path)
            except NotChecksums as error:
                raise WrongSet(f"The list {path.name} was changed: {error}.") from error
            for md5, sha256 in arrays(rows):
                given = {Digest.MD5: md5, Digest.SHA256: sha256}
                writer.add({kind: rows for kind, rows in given.items() if rows is not None}, source)
        return writer.publish(words).file_count
