"""The canonical form of an address: the same page, the same text."""

import re
from dataclasses import dataclass

from tocsin.engine.addresses.percent import decode, normalise
from tocsin.engine.addresses.split import MOST_CHARACTERS, SplitUrl, origin_text, split, too_long
from tocsin.engine.addresses.tracking import is_tracking

_LINE_BREAKS = re.compile(r"[\t\r\n]")
_AROUND = " \t\r\n\f\v\u00a0\u200b\ufeff<>"
# hxxp://, h**p://, http[:]//, http[://]: how people write an address so that nobody clicks it.
_DEFANGED_SCHEME = re.compile(r"\Ah[tx*]{2}p(s?)(?:\[:\]//|\[://\]|://)", re.IGNORECASE)
_DEFANGED_DOT = re.compile(r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\{dot\}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, repr=False)
class CanonicalUrl:
    """An address in its one spelling.

    ``text`` is the whole address and can be opened; ``host`` is a name in A-labels, an IPv4
    address, or an IPv6 address in brackets; ``port`` is None where it is the scheme's own. Its
    ``repr`` shows nothing, because addresses of items are secrets and reprs end up in logs.
    """

    text: str
    scheme: str
    host: str
    port: int | None

    @property
    def identity_key(self) -> str:
        """What two addresses of the same item have in common: ``text`` without the scheme.

        The same page reported once with ``http`` and once with ``https`` is one item: hosters serve
        both from one place, or send one on to the other, and two items would mean two notices and
        two clocks for one picture. Where in truth they differ, both lie with the same hoster at the
        same name, and the check after the notice opens the reported ``text``. A port that is not
        the scheme's own stays: behind another port is another server. ``www.`` stays too, because
        it is another host, which can lie with another hoster.
        """
        return self.text.partition("://")[2]

    def __repr__(self) -> str:
        return "CanonicalUrl(…)"


def canonical(url: str) -> CanonicalUrl:
    """Give ``url`` its canonical form.

    Taken away: what stands around it (spaces, ``<>``, line breaks), defanging (``hxxp``, ``[.]``),
    upper case in scheme and host, the scheme's own port, the final dot of the host, ``.`` and
    ``..`` in the path, needless percent-encoding (RFC 3986 section 6.2.2), empty and tracking
    parameters, and the fragment. Kept: the path's case, the order and repetition of parameters, and
    a fragment that is a route (``#!…``, ``#/…``), because on such sites it alone names the picture.

    ``canonical(canonical(x).text) == canonical(x)`` for every ``x`` it accepts.
    Raises ``UnusableAddress``, and nothing else, with a sentence for the person who typed it.
    """
    parts = split(_refanged(_LINE_BREAKS.sub("", url.strip(_AROUND))))
    text = origin_text(parts) + _path(parts) + _query(parts) + _route(parts)
    if len(text) > MOST_CHARACTERS:  # encoding made it longer
        raise too_long()
    return CanonicalUrl(text=text, scheme=parts.scheme, host=parts.host, port=parts.port)


def _refanged(text: str) -> str:
    text = _DEFANGED_SCHEME.sub(r"http\1://", text)
    scheme, separator, rest = text.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if not _DEFANGED_DOT.search(authority):
        return text
    # Who defangs the host with a tool has the dots of the path defanged with it.
    return scheme + separator + _DEFANGED_DOT.sub(".", rest)


def _path(parts: SplitUrl) -> str:
    # A browser takes a backslash in the path for a slash, and so does the server behind it.
    return _without_dots(normalise(parts.path.replace("\\", "/")))


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    ends_in_folder = bool(segments) and segments[-1] in {".", ".."}
    return "/" + "/".join(kept) + ("/" if ends_in_folder and kept else "")


def _query(parts: SplitUrl) -> str:
    kept = [
        parameter
        for parameter in normalise(parts.query).split("&")
        if parameter and not is_tracking(decode(parameter.partition("=")[0]))
    ]
    return "?" + "&".join(kept) if kept else ""


def _route(parts: SplitUrl) -> str:
    fragment = normalise(parts.fragment)
    return "#" + fragment if fragment.startswith(("!", "/")) and len(fragment) > 1 else ""
