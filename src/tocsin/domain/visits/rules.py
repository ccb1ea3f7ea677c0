"""Deciding what an answer means. Plain functions over what was observed; no Django, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from tocsin.domain.hashlists.types import FingerprintValue, Kind
from tocsin.domain.visits import telltales
from tocsin.domain.visits.types import ContentKind, Outcome

SAME_PICTURE_BITS: Final = 31
"""PDQ distance up to which two pictures are one: the published threshold."""
LEAST_QUALITY: Final = 50
SHORT_PAGE_LETTERS: Final = 600
LONG_PAGE_LETTERS: Final = 3_000
ENOUGH: Final = 3

# What egress says of a request that brought no answer, by error and then by its reason.
_FAILURES: Final[dict[str, Outcome]] = {
    "RefusedAddress:not_public": Outcome.NO_ADDRESS,
    "RefusedAddress": Outcome.REFUSED_ADDRESS,
    "Unreachable:no_such_name": Outcome.DNS_GONE,
    "Unreachable:no_connection": Outcome.REFUSED,
    "Unreachable:certificate": Outcome.TLS_FAILED,
    "Unreachable:tls": Outcome.TLS_FAILED,
    "Unreachable": Outcome.BROKEN,
    "TooSlow": Outcome.TIMEOUT,
    "TooLarge": Outcome.TOO_LARGE,
    "TooManyRedirects": Outcome.BROKEN,
    "UnreadableAnswer": Outcome.BROKEN,
}
_STATUSES: Final[dict[int, Outcome]] = {
    401: Outcome.LOGIN_WALL,
    402: Outcome.LOGIN_WALL,
    403: Outcome.FORBIDDEN,
    404: Outcome.GONE_404,
    407: Outcome.LOGIN_WALL,
    410: Outcome.GONE_410,
    429: Outcome.RATE_LIMITED,
    451: Outcome.LEGAL_451,
    509: Outcome.RATE_LIMITED,
}


@dataclass(frozen=True, slots=True)
class Page:
    """What a page showed. `mentions` counts the pictures it names, `pictures` those of them that
    could be fetched and read."""

    title: str = ""
    words: str = ""
    letters: int = 0
    pictures: int = 0
    mentions: int = 0
    password: bool = False
    refresh: str | None = None

    def __repr__(self) -> str:
        return f"<Page {self.letters} letters, {self.pictures} pictures>"


@dataclass(frozen=True, slots=True)
class Sibling:
    """What the same folder gives for a name that nobody ever used.

    `status` is None where that brought no answer. `same_body`: byte for byte what was asked for;
    `same_page`: a page of the same title and nearly the same words.
    """

    status: int | None
    same_body: bool = False
    same_page: bool = False

    @property
    def says_no(self) -> bool:
        """The server knows how to say that something is not there."""
        return self.status in {404, 410}


@dataclass(frozen=True, slots=True)
class Observed:
    """One answer, as far as it matters. `failure` is egress's error and reason, instead of a
    status. `shows_known`: one of the pictures is the one that is looked for; None where none is.
    `known_placeholder`: this very body was found to stand in for others at this host before."""

    asked: str
    final: str
    status: int | None = None
    failure: str = ""
    redirects: int = 0
    kind: ContentKind = ContentKind.NOTHING
    body_bytes: int = 0
    page: Page = Page()
    shows_known: bool | None = None
    known_placeholder: bool = False
    sibling: Sibling | None = None
    echoes: bool = False

    def __repr__(self) -> str:
        return f"<Observed {self.status} {self.kind}>"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome, and the fixed words it rests on."""

    outcome: Outcome
    signs: tuple[str, ...] = ()


def judge(seen: Observed) -> Judgement:
    """What an answer means. What shows the picture that is looked for is there, whatever else the
    answer says of itself: nobody removes by writing 404 above a picture."""
    opinions = (opinion(seen) for opinion in _OPINIONS)
    return next((one for one in opinions if one is not None), Judgement(Outcome.NOT_MEDIA))


def of_failure(failure: str) -> Outcome:
    """The outcome of a request without an answer; `failure` is `Error:reason`."""
    return _FAILURES.get(failure) or _FAILURES.get(failure.partition(":")[0], Outcome.BROKEN)


def of_file(status: int) -> Outcome:
    """What the status alone says of a picture or a film that came with it."""
    if 200 <= status < 300:
        return Outcome.PRESENT
    return _STATUSES.get(status, Outcome.SERVER_ERROR if status >= 500 else Outcome.OTHER_STATUS)


def wants_sibling(seen: Observed) -> bool:
    """Whether it is worth asking for a name that nobody used: not where the answer speaks for
    itself, or where what is looked for is shown."""
    if seen.failure or seen.shows_known or seen.echoes or seen.known_placeholder:
        return False
    status = seen.status or 0
    return 200 <= status < 300 and seen.body_bytes > 0 and len(urlsplit(seen.asked).path) > 1


def same_picture(one: Sequence[FingerprintValue], other: Sequence[FingerprintValue]) -> bool:
    """Whether two sets of fingerprints are of one picture: a digest of both, or PDQ within 31 bits
    where both say enough."""
    digests = {(v.kind, v.value) for v in one if v.kind in {Kind.SHA256, Kind.SHA1, Kind.MD5}}
    if any((v.kind, v.value) in digests for v in other):
        return True
    mine = [v.value for v in one if _may_match_near(v)]
    theirs = [v.value for v in other if _may_match_near(v)]
    return any(distance_bits(a, b) <= SAME_PICTURE_BITS for a in mine for b in theirs)


def distance_bits(one: bytes, other: bytes) -> int:
    """In how many bits two hashes of one length differ."""
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def pages_alike(one: Page, other: Page) -> bool:
    """Whether two pages say the same but for a few words (a name, a number, a date)."""
    if one.title != other.title:
        return False
    mine, theirs = set(one.words.split()), set(other.words.split())
    if not mine and not theirs:
        return one.mentions == other.mentions
    return len(mine & theirs) >= 0.9 * max(len(mine), len(theirs))


def _may_match_near(value: FingerprintValue) -> bool:
    return value.kind is Kind.PDQ and (value.quality is None or value.quality >= LEAST_QUALITY)


def _without_answer(seen: Observed) -> Judgement | None:
    return Judgement(of_failure(seen.failure), (seen.failure,)) if seen.failure else None


def _by_what_it_shows(seen: Observed) -> Judgement | None:
    return Judgement(Outcome.PRESENT, ("shows_known",)) if seen.shows_known else None


def _by_status(seen: Observed) -> Judgement | None:
    status, text = seen.status or 0, _text(seen.page)
    if 200 <= status < 300:
        return None
    if status in {403, 404, 451} and telltales.says_not_from_there(text):
        return Judgement(Outcome.GEO_BLOCKED, (f"status_{status}", "words_geo"))
    if status in {403, 503} and telltales.says_prove_human(text):
        return Judgement(Outcome.FORBIDDEN, (f"status_{status}", "words_challenge"))
    return Judgement(of_file(status), (f"status_{status}",))


def _echo(seen: Observed) -> Judgement | None:
    return Judgement(Outcome.ECHO, ("echoes",)) if seen.echoes else None


def _empty(seen: Observed) -> Judgement | None:
    return Judgement(Outcome.NOT_MEDIA, ("empty",)) if seen.body_bytes == 0 else None


def _file(seen: Observed) -> Judgement | None:
    if seen.kind is ContentKind.PAGE:
        return None
    if signs := _stand_in_signs(seen):
        return Judgement(Outcome.PLACEHOLDER, signs)
    is_media = seen.kind in {ContentKind.PICTURE, ContentKind.FILM}
    return Judgement(Outcome.PRESENT if is_media else Outcome.NOT_MEDIA)


def _kept_out(seen: Observed) -> Judgement | None:
    """A page for readers from elsewhere, or for people only."""
    page, text = seen.page, _text(seen.page)
    if telltales.says_not_from_there(text) and page.letters <= LONG_PAGE_LETTERS:
        return Judgement(Outcome.GEO_BLOCKED, ("words_geo",))
    is_short = page.letters <= SHORT_PAGE_LETTERS
    if telltales.says_prove_human(text if is_short else page.title):
        return Judgement(Outcome.FORBIDDEN, ("words_challenge",))
    return None


def _log_in(seen: Observed) -> Judgement | None:
    signs = _login_signs(seen, urlsplit(seen.final).path)
    return Judgement(Outcome.LOGIN_WALL, signs) if signs else None


def _sent_to_front(seen: Observed) -> Judgement | None:
    moved = seen.redirects > 0 and not _same_place(seen.asked, seen.final)
    to_front = urlsplit(seen.final).path in {"", "/"} and len(urlsplit(seen.asked).path) > 1
    return (
        Judgement(Outcome.REDIRECTED_AWAY, ("redirected_to_front",)) if moved and to_front else None
    )


def _page(seen: Observed) -> Judgement | None:
    """A page where the answer came with a good status: is what it should show there?"""
    signs, empty = _not_here_signs(seen, urlsplit(seen.final).path), seen.page.pictures == 0
    is_shell = "next_to_nothing" in signs or "no_longer_shown" not in signs
    if signs and set(signs) <= _SHELL and is_shell:
        # A page that a script fills, or one that stands at every path: nothing says it is gone.
        return Judgement(Outcome.NOT_MEDIA if empty else Outcome.PRESENT, signs)
    if sum(_WEIGHTS[sign] for sign in signs) >= ENOUGH:
        return Judgement(Outcome.SOFT_404, signs)
    if empty and _asks_media(seen.asked):
        return Judgement(Outcome.NOT_MEDIA, signs)
    return Judgement(Outcome.PRESENT, signs)


# The first that has an opinion decides.
_OPINIONS: Final = (
    *(_without_answer, _by_what_it_shows, _by_status, _echo, _empty, _file),
    *(_kept_out, _log_in, _sent_to_front, _page),
)
_WEIGHTS: Final = {
    "title_not_here": 3,
    "words_not_here": 3,
    "words_not_here_in_much_text": 1,
    "path_not_here": 3,
    "sibling_same": 2,
    "no_longer_shown": 1,
    "page_for_media": 1,
    "next_to_nothing": 1,
    "refresh_to_front": 2,
}

_SHELL: Final = frozenset({"sibling_same", "next_to_nothing", "no_longer_shown"})


def _not_here_signs(seen: Observed, path: str) -> tuple[str, ...]:
    page = seen.page
    signs = []
    if telltales.says_not_here(page.title):
        signs.append("title_not_here")
    if telltales.says_not_here(page.words[:SHORT_PAGE_LETTERS]):
        is_short = page.letters <= SHORT_PAGE_LETTERS
        signs.append("words_not_here" if is_short else "words_not_here_in_much_text")
    if seen.redirects and telltales.NOT_HERE_PATH.search(path):
        signs.append("path_not_here")
    if seen.sibling is not None and (seen.sibling.same_body or seen.sibling.same_page):
        signs.append("sibling_same")
        if seen.shows_known is False:
            signs.append("no_longer_shown")
    if _asks_media(seen.asked):
        signs.append("page_for_media")
    if page.letters < 80 and page.pictures == 0:
        signs.append("next_to_nothing")
    if page.refresh is not None and urlsplit(page.refresh).path in {"", "/"}:
        signs.append("refresh_to_front")
    # A page that shows pictures which its neighbours do not show is not an empty one.
    if page.pictures and seen.sibling is not None and seen.sibling.says_no:
        signs = [sign for sign in signs if sign in {"path_not_here"}]
    return tuple(signs)


def _login_signs(seen: Observed, path: str) -> tuple[str, ...]:
    page = seen.page
    signs = []
    if page.password:
        signs.append("asks_password")
    if telltales.says_log_in(page.title):
        signs.append("title_log_in")
    elif telltales.says_log_in(page.words) and page.letters <= SHORT_PAGE_LETTERS:
        signs.append("words_log_in")
    if seen.redirects and telltales.LOG_IN_PATH.search(path):
        signs.append("path_log_in")
    # Many pages have a log-in form in a corner: alone it says nothing of a page with pictures.
    is_wall = len(signs) >= 2 or (signs and (page.pictures == 0 or _asks_media(seen.asked)))
    only_words = signs == ["words_log_in"]
    return tuple(signs) if is_wall and not only_words else ()


def _stand_in_signs(seen: Observed) -> tuple[str, ...]:
    signs = []
    if seen.known_placeholder:
        signs.append("known_placeholder")
    if seen.sibling is not None and seen.sibling.same_body:
        signs.append("sibling_same")
    if seen.redirects and telltales.NOT_HERE_PATH.search(urlsplit(seen.final).path):
        signs.append("path_not_here")
    return tuple(signs)


def _asks_media(url: str) -> bool:
    return telltales.MEDIA_PATH.search(urlsplit(url).path) is not None


def _same_place(asked: str, final: str) -> bool:
    """The same but for the scheme, `www.`, and a slash at the end."""
    return _plain(asked) == _plain(final)


def _plain(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return parts.netloc.lower().removeprefix("www."), parts.path.rstrip("/"), parts.query


def _text(page: Page) -> str:
    return f"{page.title}\n{page.words}"
