"""A whole visit: the address, a page's pictures, and what it takes to tell what an answer means.

Network only: nothing is written here. Bytes are let go of as soon as they were read.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import urlsplit

from tocsin.base.egress import Step
from tocsin.domain.hashlists.types import FingerprintValue
from tocsin.domain.visits import addresses, reading, rules
from tocsin.domain.visits.fetching import Fetched, fetch, kept_headers
from tocsin.domain.visits.rules import Judgement, Observed, Page, Sibling
from tocsin.domain.visits.types import ContentKind, Outcome, Place, SeenImage
from tocsin.domain.visits.ways import PICTURE_BYTES, VISITED, Way
from tocsin.engine.fingerprints import Fingerprints
from tocsin.engine.media import PageRead
from tocsin.engine.media.pages import Mention

MOST_PICTURES: Final = 40
MOST_PAGE_BYTES: Final = 128 << 20
VISIT_SECONDS: Final = 120.0
MOST_REFRESHES: Final = 2
BARE_PAGE_LETTERS: Final = 200

_PICTURE: Final = VISITED.limited_to(max_bytes=PICTURE_BYTES)
_PLACES: Final = {
    Mention.IMG: Place.IMG,
    Mention.SRCSET: Place.SRCSET,
    Mention.POSTER: Place.POSTER,
    Mention.VIDEO: Place.VIDEO,
    Mention.META: Place.META,
    Mention.LINK: Place.LINK,
}


@dataclass(frozen=True, slots=True)
class Search:
    """What is visited, and what is known before: the fingerprints of what is looked for, whether a
    body stands in for others at a host (`stands_in(host, sha256)`), and the canary's address."""

    url: str
    known: tuple[FingerprintValue, ...] = ()
    stands_in: Callable[[str, bytes], bool] = lambda host, sha256: False
    canary: str = ""

    def __repr__(self) -> str:
        return "Search(…)"


@dataclass(frozen=True, slots=True)
class Explored:
    """What a visit found, before it is written down. `stands_in`: this body was shown to be a
    placeholder just now, so that it is known the next time."""

    judgement: Judgement
    fetched_status: int | None
    final_url: str
    redirects: int
    address: str
    kind: ContentKind
    images: tuple[SeenImage, ...]
    steps: tuple[Step, ...]
    headers: dict[str, str]
    body_bytes: int
    body_sha256: bytes
    stands_in: bool

    def __repr__(self) -> str:
        return f"<Explored {self.judgement.outcome}>"


@dataclass(slots=True)
class _Budget:
    """Seconds and bytes that one visit may still cost."""

    ends: float = field(default_factory=lambda: time.monotonic() + VISIT_SECONDS)
    left_bytes: int = MOST_PAGE_BYTES

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends or self.left_bytes <= 0


def explore(search: Search, way: Way) -> Explored:
    """Visit an address. Raises DecoderUnavailable."""
    budget = _Budget()
    fetched, signs = _fetched(search.url, way)
    content = reading.read(fetched, way.decoders)
    fetched, content, refreshed = _refreshed(fetched, content, way)
    images = tuple(_images(fetched, content, way, budget))
    sha256 = hashlib.sha256(fetched.body).digest()
    host = urlsplit(fetched.final_url).netloc
    seen = Observed(
        asked=search.url,
        final=fetched.final_url,
        status=fetched.status,
        failure=fetched.failure,
        redirects=fetched.redirects + refreshed,
        kind=content.kind,
        body_bytes=len(fetched.body),
        page=_page(content.page, images),
        shows_known=_shows(search.known, images),
        known_placeholder=bool(fetched.body) and search.stands_in(host, sha256),
    )
    seen = replace(seen, echoes=_echoes(search, seen, way))
    if rules.wants_sibling(seen):
        seen = replace(seen, sibling=_sibling(search.url, sha256, seen.page, way))
    judgement = rules.judge(seen)
    signs += ("refreshed",) if refreshed else ()
    signs += ("not_all_looked_at",) if budget.is_over else ()
    return Explored(
        judgement=replace(judgement, signs=judgement.signs + signs),
        fetched_status=fetched.status,
        final_url=fetched.final_url,
        redirects=seen.redirects,
        address=fetched.address,
        kind=content.kind,
        images=images,
        steps=fetched.steps,
        headers=kept_headers(fetched.headers),
        body_bytes=len(fetched.body),
        body_sha256=sha256,
        stands_in=judgement.outcome is Outcome.PLACEHOLDER and "sibling_same" in judgement.signs,
    )


def of_one(url: str, fetched: Fetched, content: reading.Content) -> Explored:
    """The same for one file that was fetched for somebody to look at: nothing else is asked."""
    seen = Observed(
        asked=url,
        final=fetched.final_url,
        status=fetched.status,
        failure=fetched.failure,
        redirects=fetched.redirects,
        kind=content.kind,
        body_bytes=len(fetched.body),
        page=_page(content.page, ()),
    )
    judgement = rules.judge(seen)
    images = tuple(_itself(fetched, content, judgement.outcome))
    return Explored(
        judgement=replace(judgement, signs=(*judgement.signs, "looked_at")),
        fetched_status=fetched.status,
        final_url=fetched.final_url,
        redirects=fetched.redirects,
        address=fetched.address,
        kind=content.kind,
        images=images,
        steps=fetched.steps,
        headers=kept_headers(fetched.headers),
        body_bytes=len(fetched.body),
        body_sha256=hashlib.sha256(fetched.body).digest(),
        stands_in=False,
    )


def _fetched(url: str, way: Way) -> tuple[Fetched, tuple[str, ...]]:
    """The address; and where it is refused, once more as its own site would ask for it."""
    fetched = fetch(url, way)
    if fetched.status != 403:
        return fetched, ()
    parts = urlsplit(url)
    again = fetch(url, way, referer=f"{parts.scheme}://{parts.netloc}/")
    return (again, ("needs_referer",)) if again.status == 200 else (fetched, ())


def _refreshed(
    fetched: Fetched, content: reading.Content, way: Way
) -> tuple[Fetched, reading.Content, int]:
    """Where a bare page sends its reader by itself, as browsers go there; and how often."""
    turns = 0
    while (
        turns < MOST_REFRESHES
        and content.page is not None
        and content.page.refresh is not None
        and content.page.letters <= BARE_PAGE_LETTERS
        and not content.page.references
    ):
        page = content.page
        there = addresses.whole(page.refresh or "", base=page.base, page=fetched.final_url)
        if there is None or there == fetched.final_url:
            break
        onward = fetch(there, way, referer=fetched.final_url)
        fetched = replace(onward, steps=fetched.steps + onward.steps)
        content = reading.read(fetched, way.decoders)
        turns += 1
    return fetched, content, turns


def _images(
    fetched: Fetched, content: reading.Content, way: Way, budget: _Budget
) -> Iterator[SeenImage]:
    if content.page is not None:
        yield from _of_page(fetched, content.page, way, budget)
    else:
        status = fetched.status or 0
        yield from _itself(fetched, content, rules.of_file(status))


def _itself(fetched: Fetched, content: reading.Content, outcome: Outcome) -> Iterator[SeenImage]:
    if content.prints is not None and content.kind in {ContentKind.PICTURE, ContentKind.FILM}:
        yield _seen(0, Place.ITSELF, fetched.final_url, outcome, fetched.status, content.prints)


def _of_page(fetched: Fetched, page: PageRead, way: Way, budget: _Budget) -> Iterator[SeenImage]:
    number = 0
    for values in reading.written_in(fetched.body, way.decoders):
        yield SeenImage(number, Place.DATA_URI, "", Outcome.PRESENT, fingerprints=values)
        number += 1
    for url, place in _named(fetched.final_url, page).items():
        if number >= MOST_PICTURES or budget.is_over:
            return
        found = _picture(number, url, place, fetched.final_url, way, budget)
        if found is not None:
            yield found
            number += 1


def _named(page_url: str, page: PageRead) -> dict[str, Place]:
    """The different addresses that a page names, each with the first way it did."""
    found: dict[str, Place] = {}
    for reference in page.references:
        url = addresses.whole(reference.address, base=page.base, page=page_url)
        if url is not None and url != page_url:
            found.setdefault(url, _PLACES[reference.mention])
    return found


def _picture(
    number: int, url: str, place: Place, page_url: str, way: Way, budget: _Budget
) -> SeenImage | None:
    """One picture of a page; None for a button, and for a link that leads to none."""
    policy = VISITED if place is Place.VIDEO else _PICTURE
    fetched = fetch(url, way, policy=policy, referer=page_url)
    budget.left_bytes -= len(fetched.body)
    content = reading.read(fetched, way.decoders)
    outcome = rules.judge(
        Observed(
            url,
            fetched.final_url,
            fetched.status,
            fetched.failure,
            fetched.redirects,
            content.kind,
            len(fetched.body),
            _page(content.page, ()),
        )
    ).outcome
    if content.prints is None or content.kind is ContentKind.OTHER:
        if place is Place.LINK:
            return None
        return SeenImage(number, place, url, outcome, fetched.status)
    sides = (content.prints.width or 0, content.prints.height or 0)
    if reading.is_readable(content.prints) and min(sides) < reading.SMALLEST_SIDE:
        return None
    return _seen(number, place, url, outcome, fetched.status, content.prints)


def _seen(
    number: int, place: Place, url: str, outcome: Outcome, status: int | None, prints: Fingerprints
) -> SeenImage:
    return SeenImage(
        number=number,
        place=place,
        url=url,
        outcome=outcome,
        status=status,
        fingerprints=reading.values_of(prints),
        width=prints.width,
        height=prints.height,
        size_bytes=prints.size_bytes,
        format=prints.format or "",
    )


def _page(page: PageRead | None, images: tuple[SeenImage, ...]) -> Page:
    if page is None:
        return Page()
    return Page(
        title=page.title,
        words=page.words,
        letters=page.letters,
        pictures=sum(1 for image in images if image.fingerprints),
        mentions=len(page.references),
        password=page.password,
        refresh=page.refresh,
    )


def _shows(known: tuple[FingerprintValue, ...], images: tuple[SeenImage, ...]) -> bool | None:
    if not known:
        return None
    return any(rules.same_picture(known, image.fingerprints) for image in images)


def _sibling(url: str, sha256: bytes, page: Page, way: Way) -> Sibling | None:
    another = addresses.sibling(url, _choose)
    if another is None:
        return None
    fetched = fetch(another, way)
    same_page = False
    if fetched.body and (page.words or page.title):
        content = reading.read(fetched, way.decoders)
        same_page = content.page is not None and rules.pages_alike(page, _page(content.page, ()))
    same_body = (fetched.status or 0) < 300 and hashlib.sha256(fetched.body).digest() == sha256
    return Sibling(fetched.status, same_body and bool(fetched.body), same_page)


def _choose(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _echoes(search: Search, seen: Observed, way: Way) -> bool:
    """Whether the address shows our own canary when asked to: then it shows anything."""
    if not search.canary or seen.failure or not seen.body_bytes:
        return False
    asked = addresses.with_canary(search.url, search.canary)
    if asked is None:
        return False
    shown = reading.read(fetch(asked, way), way.decoders)
    ours = reading.read(fetch(search.canary, way), way.decoders)
    return bool(ours.values) and rules.same_picture(ours.values, shown.values)
