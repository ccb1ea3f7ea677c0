"""Reads a page as a browser would: its words, its links, and what has no place in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

SILENT = {"script", "style", "title"}


@dataclass
class Page(HTMLParser):
    """What stands on a page."""

    words: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    forms: list[dict[str, str | None]] = field(default_factory=list)
    language: str = ""
    _silent: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self._silent = tag if tag in SILENT else ""
        if tag == "html":
            self.language = told.get("lang") or ""
        if tag == "a":
            self.links.append(told.get("href") or "")
        if tag in {"img", "video", "picture", "source", "iframe", "object", "embed"}:
            self.pictures.append(told.get("src") or tag)
        if tag == "form":
            self.forms.append(told)
        if tag == "style" or (tag == "script" and not told.get("src")):
            self.inline.append(tag)
        self.inline += [name for name in told if name == "style" or name.startswith("on")]
        self.words += [told[name] or "" for name in ("alt", "title", "aria-label") if name in told]

    def handle_endtag(self, tag: str) -> None:
        self._silent = ""

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._silent:
            self.words.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        return "\n".join(self.words)


def read(html: bytes) -> Page:
    """The page, parsed."""
    page = Page()
    page.feed(html.decode())
    return page
