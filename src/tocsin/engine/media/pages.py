"""What an HTML page names and says, read in a worker, without rendering it or running anything.

A page is a stranger's bytes as much as a picture is: it is read where a picture is decoded, within
the same deadline, and only addresses and words come out. Source: WHATWG HTML, "srcset" and
"shared declarative refresh steps"; Open Graph protocol, "structured properties".
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from enum import StrEnum
from html.parser import HTMLParser
from typing import Final

MOST_REFERENCES: Final = 400
MOST_WORDS: Final = 6_000  # characters of what a reader sees
LONGEST_TITLE: Final = 300
LONGEST_ADDRESS: Final = 8_000
ENCODINGS: Final = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "ascii"),
    *(f"cp125{part}" for part in range(9)),
    *(f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 9, 13, 15)),
    *("koi8-r", "koi8-u", "gb18030", "gbk", "gb2312", "big5", "shift_jis", "euc_jp", "euc_kr"),
    *("iso2022_jp", "cp866", "cp874", "tis_620", "mac-roman"),
)
"""The encodings that a worker loads ahead; a page in another one is read as Windows-1252."""

_START: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|title|meta|script|style|div|p|h1|table|a|img|link)\b",
    re.IGNORECASE | re.DOTALL,
)
_SNIFFED_BYTES: Final = 2_048
_LONGEST_SRCSET: Final = 1 << 16
_CHARSET: Final = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.I)
_PICTURE_NAME: Final = re.compile(r"\.(?:jpe?g|png|gif|webp|bmp|avif|heic|tiff?)(?:$|[?#])", re.I)
_CSS_URL: Final = re.compile(r"url\(\s*[\"']?([^\"')]{1,8000})", re.IGNORECASE)
_REFRESH: Final = re.compile(
    r"\s*(\d{0,6})(?:\.\d*)?\s*[;,]?\s*(?:url\s*=)?\s*[\"']?([^\"']*)", re.I
)
_SPACES: Final = re.compile(r"\s+")
_UNSEEN: Final = frozenset({"script", "style", "noscript", "template", "svg", "title"})
_LAZY: Final = ("src", "data-src", "data-original", "data-lazy-src", "data-full")
_META_PICTURES: Final = frozenset(
    {"og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"}
)
_META_FILMS: Final = frozenset({"og:video", "og:video:url", "og:video:secure_url"})


class Mention(StrEnum):
    """How a page names a picture or a film."""

    IMG = "img"
    SRCSET = "srcset"
    POSTER = "poster"
    VIDEO = "video"
    META = "meta"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class AsPage:
    """How to read a document: the encoding its server named, if any."""

    charset: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """An address as the page writes it, not yet made whole."""

    mention: Mention
    address: str

    def __repr__(self) -> str:
        return f"Reference({self.mention})"


@dataclass(frozen=True, slots=True)
class PageRead:
    """What was read. `words` is what a reader sees, cut off; `letters` how much there is in all.

    `base` is what addresses are relative to, where the page says so. `refresh` is where it sends
    its reader by itself. `password` whether it asks for one, `forms` how many forms it has.
    """

    title: str = ""
    words: str = ""
    letters: int = 0
    references: tuple[Reference, ...] = ()
    base: str = ""
    refresh: str | None = None
    password: bool = False
    forms: int = 0

    def __repr__(self) -> str:
        return f"<PageRead {len(self.references)} references, {self.letters} letters>"

    def is_within_limits(self) -> bool:
        """Whether an honest reader could have said this."""
        return (
            len(self.title) <= LONGEST_TITLE
            and len(self.words) <= MOST_WORDS
            and self.letters >= 0
            and self.forms >= 0
            and len(self.references) <= MOST_REFERENCES
            and all(
                len(address) <= LONGEST_ADDRESS
                for address in (
                    self.base,
                    self.refresh or "",
                    *(r.address for r in self.references),
                )
            )
        )


def looks_like_page(data: bytes) -> bool:
    """Whether the first bytes are those of an HTML page, whatever its server calls it."""
    return (
        _START.match(data[:_SNIFFED_BYTES].replace(b"\0", b"").removeprefix(b"\xff\xfe"))
        is not None
    )


def read_page(data: bytes, page: AsPage) -> PageRead:
    """Reads a document. Never raises for what is in `data`; nothing bounds its time."""
    reader = _Reader()
    try:
        reader.feed(_text(data, page.charset))
        reader.close()
    except MemoryError:
        return PageRead()
    except Exception:  # noqa: BLE001, S110 - what was read before it broke still counts
        pass
    return reader.read()


def load_encodings() -> None:
    """Loads every encoding ahead: a worker that is shut in can load none."""
    for name in ENCODINGS:
        codecs.lookup(name)


def _text(data: bytes, charset: str) -> str:
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(name, "replace").removeprefix("\ufeff")
    found = _CHARSET.search(data[:_SNIFFED_BYTES])
    named = charset or (found[1].decode("ascii", "replace") if found else "")
    if not named:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            named = "cp1252"
    try:
        return data.decode(named, "replace")
    except (LookupError, UnicodeError, ValueError):
        return data.decode("cp1252", "replace")


@dataclass(slots=True)
class _Notes:
    title: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    kept: int = 0
    letters: int = 0
    references: dict[Reference, None] = field(default_factory=dict)
    base: str = ""
    refresh: str | None = None
    password: bool = False
    forms: int = 0


class _Reader(HTMLParser):
    """Notes what it meets; a page that is not well formed is read as far as it goes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._notes = _Notes()
        self._unseen: list[str] = []

    def read(self) -> PageRead:
        notes = self._notes
        return PageRead(
            title=_spaced("".join(notes.title))[:LONGEST_TITLE],
            words=_spaced(" ".join(notes.words))[:MOST_WORDS],
            letters=notes.letters,
            references=tuple(notes.references),
            base=notes.base,
            refresh=notes.refresh,
            password=notes.password,
            forms=notes.forms,
        )

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in reversed(attrs)}
        if tag in _UNSEEN:
            self._unseen.append(tag)
        if (read := getattr(self, f"_on_{tag}", None)) is not None:
            read(told)
        for address in _CSS_URL.findall(told.get("style", "")):
            self._note(Mention.IMG, address)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            del self._unseen[self._unseen.index(tag) :]

    def handle_data(self, data: str) -> None:
        notes = self._notes
        if "title" in self._unseen:
            if "svg" not in self._unseen and len(notes.title) < LONGEST_TITLE:
                notes.title.append(data[:LONGEST_TITLE])
        elif not self._unseen and not data.isspace():
            notes.letters += len(data.strip())
            if notes.kept < MOST_WORDS:
                notes.words.append(data[:MOST_WORDS])
                notes.kept += len(data)

    def _note(self, mention: Mention, address: str) -> None:
        # Browsers leave out line breaks inside an address, and what stands around it.
        address = address.replace("\n", "").replace("\r", "").replace("\t", "").strip()
        written_here = address[:5].lower() == "data:"  # looked for elsewhere, in all of the page
        if not address or written_here or len(address) > LONGEST_ADDRESS:
            return
        if len(self._notes.references) < MOST_REFERENCES:
            self._notes.references[Reference(mention, address)] = None

    def _on_img(self, told: dict[str, str]) -> None:
        for name in _LAZY:
            self._note(Mention.IMG, told.get(name, ""))
        for name in ("srcset", "data-srcset"):
            self._note_srcset(told.get(name, ""))

    def _on_image(self, told: dict[str, str]) -> None:
        self._note(Mention.IMG, told.get("href") or told.get("xlink:href", ""))

    def _on_source(self, told: dict[str, str]) -> None:
        self._note(Mention.VIDEO, told.get("src", ""))
        self._note_srcset(told.get("srcset", ""))

    def _on_video(self, told: dict[str, str]) -> None:
        self._note(Mention.POSTER, told.get("poster", ""))
        self._note(Mention.VIDEO, told.get("src", ""))

    def _on_link(self, told: dict[str, str]) -> None:
        relations = told.get("rel", "").lower().split()
        if "image_src" in relations or ("preload" in relations and told.get("as") == "image"):
            self._note(Mention.META, told.get("href", ""))

    def _on_a(self, told: dict[str, str]) -> None:
        if _PICTURE_NAME.search(told.get("href", "")):
            self._note(Mention.LINK, told["href"])

    def _on_base(self, told: dict[str, str]) -> None:
        self._notes.base = self._notes.base or told.get("href", "").strip()[:LONGEST_ADDRESS]

    def _on_form(self, told: dict[str, str]) -> None:
        del told
        self._notes.forms += 1

    def _on_input(self, told: dict[str, str]) -> None:
        self._notes.password |= told.get("type", "").lower() == "password"

    def _on_meta(self, told: dict[str, str]) -> None:
        named = (told.get("property") or told.get("name", "")).lower()
        content = told.get("content", "")
        if named in _META_PICTURES:
            self._note(Mention.META, content)
        elif named in _META_FILMS:
            self._note(Mention.VIDEO, content)
        elif told.get("http-equiv", "").lower() == "refresh" and self._notes.refresh is None:
            found = _REFRESH.match(content)
            if found and found[2].strip():
                self._notes.refresh = found[2].strip()[:LONGEST_ADDRESS]

    def _note_srcset(self, candidates: str) -> None:
        for address in srcset_addresses(candidates):
            self._note(Mention.SRCSET, address)


def srcset_addresses(candidates: str) -> list[str]:
    """The addresses of a `srcset`: each runs to the next space, and commas part the candidates."""
    found: list[str] = []
    rest = candidates[:_LONGEST_SRCSET]
    while rest := rest.lstrip(" \t\r\n\f,"):
        address, _, rest = _SPACES.sub(" ", rest, count=1).partition(" ")
        if address.endswith(","):
            found.append(address.rstrip(","))
            continue
        found.append(address)
        rest = rest.partition(",")[2]
    return found


def _spaced(text: str) -> str:
    return _SPACES.sub(" ", text).strip()
