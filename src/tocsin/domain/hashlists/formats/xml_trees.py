"""One element of an XML document as plain values, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from tocsin.domain.hashlists.records import Refused
from tocsin.engine.documents.xml_elements import (
    UnsafeDocument,
    local,
    parser_without_surprises,
)

Tree = dict[str, Any]
"""`tag`; and where there are any: `attributes` (name to text), `text`, `children` (trees)."""

_ALLOWED: Final = frozenset({"tag", "attributes", "text", "children"})


def read_tree(raw: bytes) -> Tree:
    """The element; raises Refused. Comments, and space between elements, are left out."""
    builder = _Builder()
    try:
        builder.parser.Parse(raw, True)
    except (expat.ExpatError, UnsafeDocument):
        raise Refused("it is not one XML element") from None
    return builder.whole()


def write_tree(tree: Any) -> str:
    """The element's text; raises Refused for what is no such tree."""
    if not isinstance(tree, dict) or not _ALLOWED.issuperset(tree):
        raise Refused("what is kept beside it is not an XML element")
    tag, attributes = tree.get("tag"), tree.get("attributes", {})
    text, children = tree.get("text", ""), tree.get("children", [])
    if not (_is_name(tag) and _are_attributes(attributes) and isinstance(text, str)):
        raise Refused("what is kept beside it is not an XML element")
    if not isinstance(children, list):
        raise Refused("what is kept beside it is not an XML element")
    told = "".join(f" {name}={_quoted(value)}" for name, value in attributes.items())
    inner = _escaped(text) + "".join(write_tree(child) for child in children)
    return f"<{tag}{told}>{inner}</{tag}>" if inner else f"<{tag}{told}/>"


def leaf(tag: str, text: str, attributes: Mapping[str, str] | None = None) -> Tree:
    """An element of text alone."""
    return node(tag, attributes, text=text)


def node(
    tag: str,
    attributes: Mapping[str, str] | None = None,
    *,
    text: str = "",
    children: list[Tree] | None = None,
) -> Tree:
    """An element, without the parts that are empty."""
    tree: Tree = {"tag": tag}
    if attributes:
        tree["attributes"] = dict(attributes)
    if text:
        tree["text"] = text
    if children:
        tree["children"] = children
    return tree


class _Builder:
    def __init__(self) -> None:
        self.parser = parser_without_surprises()
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close
        self.parser.CharacterDataHandler = self._text
        self._path: list[tuple[str, dict[str, str], list[str], list[Tree]]] = []
        self._root: Tree | None = None

    def whole(self) -> Tree:
        if self._root is None:
            raise Refused("it is not one XML element")
        return self._root

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append((local(name), attributes, [], []))

    def _text(self, text: str) -> None:
        self._path[-1][2].append(text)

    def _close(self, _: str) -> None:
        tag, attributes, texts, children = self._path.pop()
        text = "".join(texts)
        if children:
            if text.strip():
                raise Refused("it has text where elements belong")
            text = ""
        tree = node(tag, attributes, text=text, children=children)
        if self._path:
            self._path[-1][3].append(tree)
        else:
            self._root = tree


def _is_name(tag: object) -> bool:
    # XML allows more; ours are names of the formats we write.
    return (
        isinstance(tag, str)
        and tag.isascii()
        and tag[:1].isalpha()
        and tag.replace("-", "").replace("_", "").replace(".", "").isalnum()
    )


def _are_attributes(attributes: object) -> bool:
    return isinstance(attributes, dict) and all(
        isinstance(name, str) and _is_name(name.replace(":", "", 1)) and isinstance(value, str)
        for name, value in attributes.items()
    )


def _quoted(value: str) -> str:
    return quoteattr(_checked(value), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


def _escaped(text: str) -> str:
    return escape(_checked(text), {"\r": "&#13;"})


def _checked(text: str) -> str:
    if any((c < " " and c not in "\t\n\r") or c in "\ufffe\uffff" for c in text):
        raise Refused("a text in it has a character that XML has not")
    return text
