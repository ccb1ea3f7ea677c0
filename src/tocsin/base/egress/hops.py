"""One hop of a request, and where a redirect leads from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from tocsin.base.egress.refusals import RefusedAddress
from tocsin.engine.addresses import SplitUrl, UnusableAddress, encode_illegal, origin_text, split

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BECOMES_GET = frozenset({301, 302, 303})
# What may go along to another site. Not a list of what may not: a key can stand in any header.
_HARMLESS = frozenset({"accept", "accept-language", "user-agent", "range"})
_ABOUT_THE_BODY = ("content-",)


@dataclass(frozen=True, slots=True, repr=False)
class Hop:
    """A request to one address. Header names are in lower case."""

    method: str
    parts: SplitUrl
    headers: Mapping[str, str]
    content: bytes | None

    @property
    def target(self) -> str:
        """Path and query as they are sent."""
        path = encode_illegal(self.parts.path.replace("\\", "/")) or "/"
        return path + ("?" + encode_illegal(self.parts.query) if self.parts.query else "")

    @property
    def url(self) -> str:
        """The whole address, without a fragment."""
        return origin_text(self.parts) + self.target


def read_address(url: str) -> SplitUrl:
    """Take ``url`` apart. Raises ``RefusedAddress`` where it is no address we could call."""
    try:
        return split(url)
    except UnusableAddress as unusable:
        raise RefusedAddress(unusable.code) from None


def redirected(hop: Hop, status: int, location: str) -> Hop:
    """Give the next hop. Raises ``RefusedAddress``.

    As browsers do (Fetch, "HTTP-redirect fetch"): 303 always, and 301 and 302 for a POST, go on as
    a GET without a body. To another origin only harmless headers go along, and a body never.
    """
    try:
        parts = read_address(urljoin(hop.url, location))
    except ValueError:  # urljoin on half a bracket
        raise RefusedAddress("host") from None
    onward = replace(hop, parts=parts)
    if status in _BECOMES_GET and (status == 303 or hop.method == "POST"):
        onward = _without_body(onward)
    if origin_text(parts) == origin_text(hop.parts):
        return onward
    if onward.content:
        raise RefusedAddress("body_to_other_site")
    return replace(onward, headers={k: v for k, v in onward.headers.items() if k in _HARMLESS})


def _without_body(hop: Hop) -> Hop:
    return replace(
        hop,
        method="HEAD" if hop.method == "HEAD" else "GET",
        content=None,
        headers={k: v for k, v in hop.headers.items() if not k.startswith(_ABOUT_THE_BODY)},
    )
