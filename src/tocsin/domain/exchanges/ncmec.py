"""NCMEC Hash Sharing v2 as it is asked: windows in UTC, pages by `next`, votes by fingerprint.

From public samples and the observed behaviour of clients; the official schema is not public.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from tocsin.domain.exchanges import asking, rules
from tocsin.domain.exchanges.asking import NoReason, PullFailed, Service
from tocsin.domain.exchanges.protocol import Ballot, Fetched, Speech
from tocsin.domain.exchanges.rules import Window
from tocsin.domain.exchanges.types import Direction, Trouble
from tocsin.domain.hashlists.pages import (
    Refused,
    TooManyRecords,
    Tree,
    UnusablePage,
    read_page,
    read_tree,
)
from tocsin.domain.hashlists.types import Kind

FORMAT: Final = "ncmec-v2"
_NAMESPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"
_FINGERPRINTS: Final[Mapping[Kind, str]] = {
    Kind.MD5: "MD5", Kind.SHA1: "SHA1", Kind.PHOTODNA: "PDNA", Kind.PDQ: "PDQ",
    Kind.NETCLEAN: "NETCLEAN", Kind.VIDENTIFIER: "VIDENTIFIER", Kind.TMK_PDQF: "TMK_PDQF",
    Kind.SSVH_PDNA: "SSVH_PDNA", Kind.SSVH_SAFER_HASH: "SSVH_SAFER_HASH",
}  # fmt: skip


_BENIGN: Final = (
    "not csam", "not child sexual abuse material", "not child pornography", "not cp",
    "false positive", "benign", "not illegal",
)  # fmt: skip
"""What the service may call it; its list of reasons is not public."""


def headers(keys: Mapping[str, str]) -> Mapping[str, str]:
    """HTTP Basic (RFC 7617)."""
    login = b64encode(f"{keys['username']}:{keys['password']}".encode()).decode()
    return {"authorization": f"Basic {login}"}


def time(service: Service, now: int) -> int | None:
    """The server's clock, and with it whether our keys are accepted."""
    return asking.get(service, "/v2/status", media_type="xml", now=now).server_time


def page(service: Service, window: Window, cursor: str, now: int) -> Fetched:
    """The first page of a window, or the one that `cursor` names."""
    start, stop = (quote(rules.in_utc(moment)) for moment in window)
    first = f"/v2/entries?from={start}&to={stop}"
    got = asking.get(service, cursor or first, media_type="xml", now=now)
    try:
        whole = read_page(FORMAT, got.body)
        following = _next(read_tree(whole.around))
        onward = rules.follow(following, window) if following else ""
    except TooManyRecords:
        raise PullFailed(Trouble.TOO_LARGE) from None
    except (UnusablePage, Refused):
        raise PullFailed(Trouble.BROKEN) from None
    except rules.LeadsElsewhere:
        raise PullFailed(Trouble.ELSEWHERE) from None
    if rules.leaves_out(cursor, onward):
        raise PullFailed(Trouble.SKIPPED)
    return Fetched(got.body, onward, None, got.server_time)


def vote(service: Service, ballot: Ballot, now: int) -> None:
    """Put a vote; sending it again changes nothing over there."""
    name = _FINGERPRINTS[ballot.kind]
    if ballot.direction is Direction.UP:
        said = "<affirmative/>"
    else:
        guid = _reason(service, name, ballot.reason, now)
        said = f"<negative><reasonIds><guid>{escape(guid)}</guid></reasonIds></negative>"
    body = f'<feedbackSubmission xmlns="{_NAMESPACE}">{said}</feedbackSubmission>'
    target = f"/v2/entries/{quote(ballot.member, '')}/{quote(ballot.own_id, '')}/{name}/feedback"
    asking.send(service, "PUT", target, body.encode(), "xml", now)


def votes_on(kinds: frozenset[Kind]) -> frozenset[Kind]:
    """The kinds of fingerprint that a vote can be on."""
    return kinds & _FINGERPRINTS.keys()


def _reason(service: Service, fingerprint: str, reason: str, now: int) -> str:
    """The service's id of a reason, by its name or id; where it has only one, that one. Raises
    NoReason. Without a reason, the first that says that the picture is none."""
    got = asking.get(service, f"/v2/feedback/{fingerprint}/reasons", media_type="xml", now=now)
    try:
        known = list(_reasons(read_tree(got.body)))
    except Refused:
        raise PullFailed(Trouble.BROKEN) from None
    for wanted in [reason] if reason else _BENIGN:
        for attributes in known:
            if _plain(wanted) in {_plain(attributes["guid"]), _plain(attributes.get("name", ""))}:
                return attributes["guid"]
    if len(known) == 1:
        return known[0]["guid"]
    raise NoReason(tuple(attributes.get("name") or attributes["guid"] for attributes in known))


def _reasons(tree: Tree) -> list[dict[str, str]]:
    found = [tree.get("attributes", {})] if tree["tag"] == "reason" else []
    for child in tree.get("children", []):
        found += _reasons(child)
    return [attributes for attributes in found if attributes.get("guid")]


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _next(tree: Tree) -> str:
    for paging in tree.get("children", []):
        if paging["tag"] == "paging":
            for child in paging.get("children", []):
                if child["tag"] == "next":
                    return str(child.get("text", "")).strip()
    return ""


SPEECH: Final = Speech(headers, headers, time, page, vote, takes_end=True)
