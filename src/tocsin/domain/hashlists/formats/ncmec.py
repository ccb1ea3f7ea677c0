"""NCMEC Hash Sharing v2: pages of `/v2/entries`, kept as files.

From public samples; the schema itself is not public. An entry is one member's word, known by that
member and its id there. Where a member has said no to a fingerprint, the entry is disputed: its
matches are looked at, and block nothing. Where several have, and no more say yes, it is set aside.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from msgspec import UNSET, structs

from tocsin.domain.hashlists.formats.hashes import Algo, algo_of, fingerprint, text_of
from tocsin.domain.hashlists.formats.identity import id_of
from tocsin.domain.hashlists.formats.moments import rfc3339_of
from tocsin.domain.hashlists.formats.types import Context, Fields, Format
from tocsin.domain.hashlists.formats.xml_trees import Tree, leaf, node, read_tree, write_tree
from tocsin.domain.hashlists.native_format import (
    Blob,
    Feedback,
    NativeClassification,
    NativeEntry,
    NativeFingerprint,
)
from tocsin.domain.hashlists.records import Refused

NAMESPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"
_KINDS: Final[Mapping[str, tuple[Literal["image", "video"], bool]]] = {
    "image": ("image", False),
    "video": ("video", False),
    "deletedImage": ("image", True),
    "deletedVideo": ("video", True),
}
_TAGS: Final = {kind: tag for tag, kind in _KINDS.items()}
_ORDER: Final = ("member", "timestamp", "id", "classification", "fingerprints", "feedback")
_NAMES: Final[Mapping[Algo, str]] = {
    "md5": "md5", "sha1": "sha1", "photodna": "pdna", "pdq": "pdq", "netclean": "netclean",
    "videntifier": "videntifier", "tmk_pdqf": "tmk-pdqf", "ssvh_pdna": "ssvh-pdna",
    "ssvh_safer_hash": "ssvh-safer-hash",
}  # fmt: skip
SET_ASIDE_BY_MEMBERS: Final = 3
"""So many members who say no, and not fewer than say yes, keep an entry from matching at all."""
_TAG, _ATTRIBUTES, _CHILD_ORDER = "@tag", "@attributes", "@order"


def parse(raw: bytes) -> Fields:
    """One entry: its tag, its attributes, its children by name in lists, and their order."""
    tree = read_tree(raw)
    fields: Fields = {_TAG: tree["tag"]}
    if "attributes" in tree:
        fields[_ATTRIBUTES] = tree["attributes"]
    if "text" in tree:
        raise Refused("it has text where elements belong")
    children = tree.get("children", [])
    fields[_CHILD_ORDER] = [child["tag"] for child in children]
    for child in children:
        fields.setdefault(child["tag"], []).append(child)
    return fields


def understand(fields: Fields, context: Context) -> NativeEntry:
    """The entry of an image, a video, or one that was deleted."""
    if fields[_TAG] not in _KINDS:
        raise Refused("it is no image, video, deletedImage or deletedVideo")
    media_type, gone = _KINDS[fields[_TAG]]
    member = _one(fields, "member")
    member_id = member.get("attributes", {}).get("id", "").strip()
    if not member_id:
        raise Refused("its member has no id")
    own_id = _text(_one(fields, "id")).strip()
    if not own_id:
        raise Refused("it has no id")
    made = NativeEntry(
        schema="hash-entry/1",
        entry_id="",
        source=context.source(member_id, _text(member) or None),
        source_entry_id=own_id,
        media_type=media_type,
        status="deleted",
        status_src=fields[_TAG],
        fingerprints=[],
        list_purpose=context.purpose or UNSET,
    )
    if gone:
        # Whatever stands beside it, it is gone; and what does stays in `extra`.
        moments = [rfc3339_of(_text(tree)) for tree in fields.get("timestamp", [])]
        moment = moments[0] if len(moments) == 1 else None
        return structs.replace(made, tombstone=True, source_updated_at=moment)
    feedback = list(_feedback(fields))
    return structs.replace(
        made,
        status=_standing(given for _, given in feedback),
        fingerprints=_fingerprints(fields, feedback),
        source_updated_at=rfc3339_of(_text(_one(fields, "timestamp"))),
        classifications=_classifications(fields, member_id),
    )


def express(entry: NativeEntry, context: Context) -> Fields:
    """The children of an entry by name; raises Refused for what is neither image nor video."""
    media_type: Literal["image", "video"]
    if entry.media_type in {"image", "frame", "unknown"}:
        media_type = "image"
    elif entry.media_type == "video":
        media_type = "video"
    else:
        raise Refused("this format has images and videos only")
    gone = entry.tombstone is True or entry.status in {"deleted", "withdrawn", "expired"}
    fields: Fields = {_TAG: _TAGS[media_type, gone]}
    told = {
        "member": leaf(
            "member", entry.source.member_name or "", {"id": entry.source.member_id or "0"}
        ),
        "timestamp": leaf("timestamp", entry.source_updated_at or "1970-01-01T00:00:00Z"),
        "id": leaf("id", id_of(entry)),
        "classification": None if gone else _told_classification(entry),
        "fingerprints": None if gone else _told_prints(entry, context),
    }
    there = {name: tree for name in _ORDER if (tree := told.get(name)) is not None}
    fields[_CHILD_ORDER] = list(there)
    return fields | {name: [tree] for name, tree in there.items()}


def write(fields: Fields) -> bytes:
    """One entry as XML."""
    order, taken = fields.get(_CHILD_ORDER), dict.fromkeys(fields, 0)
    if not isinstance(order, list) or any(name not in taken for name in order):
        raise Refused("what is kept beside it does not fit together")
    children: list[Tree] = []
    for name in order:
        among = fields[name]
        if not isinstance(among, list) or taken[name] >= len(among):
            raise Refused("what is kept beside it does not fit together")
        children.append(among[taken[name]])
        taken[name] += 1
    attributes = fields.get(_ATTRIBUTES, {})
    return write_tree(
        {"tag": fields[_TAG], "attributes": attributes, "children": children}
    ).encode()


def _one(fields: Fields, name: str) -> Tree:
    found: list[Tree] = fields.get(name, [])
    if len(found) != 1:
        raise Refused(f"it must have one {name}")
    return found[0]


def _text(tree: Tree) -> str:
    text: str = tree.get("text", "")
    return text


def _fingerprints(fields: Fields, feedback: list[tuple[str, Feedback]]) -> list[NativeFingerprint]:
    groups: list[Tree] = fields.get("fingerprints", [])
    if len(groups) > 1:
        raise Refused("it has fingerprints twice")
    return [_print(child, feedback) for group in groups for child in group.get("children", [])]


def _print(tree: Tree, feedback: list[tuple[str, Feedback]]) -> NativeFingerprint:
    algo = algo_of(tree["tag"])
    said = [given for kind, given in feedback if algo_of(kind) == algo]
    text, href = _text(tree), tree.get("attributes", {}).get("href")
    if href and not text.strip():
        return NativeFingerprint(
            algo=algo,
            algo_name_src=tree["tag"],
            blob_ref=Blob(href=href),
            feedback=said or UNSET,
        )
    return fingerprint(algo, text, name=tree["tag"], feedback=said or UNSET)


def _told_prints(entry: NativeEntry, context: Context) -> Tree | None:
    own = entry.source.format == context.format
    trees: list[Tree] = []
    for given in entry.fingerprints:
        tag = (own and given.algo_name_src) or _NAMES.get(given.algo)
        if tag is None:
            continue
        if given.value is not None:
            trees.append(leaf(tag, text_of(given, as_source=own)))
        elif given.blob_ref is not None and given.blob_ref.href is not UNSET:
            trees.append(leaf(tag, "", {"rel": "self", "href": given.blob_ref.href}))
    return node("fingerprints", children=trees) if trees else None


def _classifications(fields: Fields, member_id: str) -> list[NativeClassification] | Any:
    codes = [_text(tree) for tree in fields.get("classification", [])]
    return [
        NativeClassification(scheme="ncmec-industry", code=code.strip(), asserted_by=member_id)
        for code in codes
        if code.strip()
    ] or UNSET


def _told_classification(entry: NativeEntry) -> Tree | None:
    given = [] if entry.classifications is UNSET else entry.classifications
    codes = [c.code for c in given if c.scheme == "ncmec-industry"]
    return leaf("classification", codes[0]) if codes else None


def _feedback(fields: Fields) -> Iterator[tuple[str, Feedback]]:
    """Each member's word on a kind of fingerprint. The whole of it stays in `extra`."""
    for group in fields.get("feedback", []):
        for given in group.get("children", []):
            kind = given.get("attributes", {}).get("type", "")
            if given["tag"] == "affirmativeFeedback":
                for member, at in _members(given):
                    yield kind, Feedback(vote="up", member_id=member, at=at)
            elif given["tag"] == "negativeFeedback":
                for said in _negative(given):
                    yield kind, said


def _negative(given: Tree) -> Iterator[Feedback]:
    for reasons in given.get("children", []):
        reason: Mapping[str, str] = {}
        for child in reasons.get("children", []):
            if child["tag"] == "reason":
                reason = child.get("attributes", {})
            for member, at in _members(node("x", children=[child])):
                yield Feedback(
                    vote="down",
                    member_id=member,
                    reason_id=reason.get("guid"),
                    reason_name=reason.get("name"),
                    at=at,
                )


def _standing(given: Iterable[Feedback]) -> Literal["active", "disputed", "quarantined"]:
    """What members' words make of an entry: each member counts once, whatever the fingerprint."""
    ups: set[object] = set()
    downs: set[object] = set()
    for said in given:
        (downs if said.vote == "down" else ups).add(said.member_id)
    if not downs:
        return "active"
    aside = len(downs) >= SET_ASIDE_BY_MEMBERS and len(downs) >= len(ups - downs)
    return "quarantined" if aside else "disputed"


def _members(given: Tree) -> Iterator[tuple[str | None, str | None]]:
    for members in given.get("children", []):
        if members["tag"] == "members":
            at = members.get("attributes", {}).get("timestamp")
            for member in members.get("children", []):
                yield member.get("attributes", {}).get("id"), at


NCMEC: Final = Format("ncmec-v2", parse, understand, express, write)
