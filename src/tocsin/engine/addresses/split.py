"""Taking a web address apart, strictly: one reading only, or none.

Not ``urllib.parse``: it drops line ends inside an address without a word, takes a backslash for an
ordinary character where browsers take it for a slash, and leaves the host as typed. When two
programs read one address differently, the check passes for one host and the call goes to another.
"""

import re
from dataclasses import dataclass

from tocsin.engine.addresses.hosts import canonical_host
from tocsin.engine.addresses.unusable import UnusableAddress

DEFAULT_PORTS = {"http": 80, "https": 443}
MOST_CHARACTERS = 8000
_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)"
    r"(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:\#(?P<fragment>.*))?",
    re.DOTALL,
)
_AUTHORITY = re.compile(r"(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>[0-9]{0,8}))?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class SplitUrl:
    """A web address in its parts. ``path``, ``query`` and ``fragment`` are as they were typed.

    ``host`` has its one spelling (``canonical_host``); ``port`` is None where it is the scheme's
    own. Kept out of ``repr``: addresses of items are secrets.
    """

    scheme: str
    host: str
    port: int | None
    path: str
    query: str
    fragment: str

    def __repr__(self) -> str:
        return "SplitUrl(…)"

    @property
    def effective_port(self) -> int:
        """The port to connect to."""
        return self.port if self.port is not None else DEFAULT_PORTS[self.scheme]


def split(url: str) -> SplitUrl:
    """Take an ``http`` or ``https`` address apart.

    Raises ``UnusableAddress`` for another scheme, a user name or password, a backslash before the
    path, a control character, a host or port that cannot be, and more than 8,000 characters.
    """
    _refuse_unreadable(url)
    match = _PARTS.fullmatch(url)
    if match is None:
        raise UnusableAddress("scheme", "An address starts with http:// or https://.")
    scheme = match["scheme"].lower()
    if scheme not in DEFAULT_PORTS:
        raise UnusableAddress("scheme", "Only http and https addresses can be handled.")
    host, port = _host_and_port(match["authority"])
    return SplitUrl(
        scheme=scheme,
        host=host,
        port=None if port == DEFAULT_PORTS[scheme] else port,
        path=match["path"],
        query=match["query"] or "",
        fragment=match["fragment"] or "",
    )


def origin_text(parts: SplitUrl) -> str:
    """Write scheme, host and port: ``https://example.org:8443``."""
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{parts.host}{port}"


def too_long() -> UnusableAddress:
    """Make the error for an address longer than ``MOST_CHARACTERS``."""
    return UnusableAddress("length", f"An address may have at most {MOST_CHARACTERS} characters.")


def _refuse_unreadable(url: str) -> None:
    if len(url) > MOST_CHARACTERS:
        raise too_long()
    if _CONTROL.search(url):
        raise UnusableAddress("characters", "This address holds a control character.")
    try:
        url.encode()
    except UnicodeEncodeError:
        raise UnusableAddress("characters", "This address holds half a character.") from None


def _host_and_port(authority: str) -> tuple[str, int | None]:
    if "@" in authority:
        raise UnusableAddress("userinfo", "An address with a user name in it is not accepted.")
    if "\\" in authority:
        raise UnusableAddress("characters", "There is a backslash before the path of this address.")
    match = _AUTHORITY.fullmatch(authority)
    if match is None:
        raise UnusableAddress("port", "The port in this address is not a number.")
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 1 <= port <= 65535:
        raise UnusableAddress("port", "The port in this address is not a possible one.")
    return canonical_host(match["host"]), port
