"""What a package says of itself: name, version, licence. Taken as text, and believed by nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Final

from tocsin.engine.knowngood.types import Maker, Source

MOST_LABEL_BYTES: Final = 1 << 20
_MOST_TEXT: Final = 200
_WHEEL: Final = re.compile(r"[^/]+\.dist-info/METADATA")
_SOURCE_DISTRIBUTION: Final = re.compile(r"[^/]+/PKG-INFO")
_COPYRIGHT: Final = re.compile(r"(?:\./)?usr/share/doc/[^/]+/copyright")
_FIELD: Final = re.compile(r"^([A-Za-z-]+):[ \t]*(.*)$", re.MULTILINE)


class Labels:
    """Looks at the few files of a package that speak of it, as they come by."""

    def __init__(self, file_name: str) -> None:
        self._found: dict[str, str] = {"name": file_name}
        self._maker = Maker.ARCHIVE

    @staticmethod
    def wanted(name: str) -> bool:
        """Whether a file inside the package is one of them."""
        return (
            name in {"DEBIAN/control", "package/package.json"}
            or _COPYRIGHT.fullmatch(name) is not None
            or _WHEEL.fullmatch(name) is not None
            or _SOURCE_DISTRIBUTION.fullmatch(name) is not None
        )

    def read(self, name: str, data: bytes) -> None:
        """Take in what one of them says; never raises for what it says."""
        text = data.decode("utf-8", "replace")
        if name == "DEBIAN/control":
            self._take(Maker.DEBIAN, _fields(text), {"name": "Package", "version": "Version"})
        elif name == "package/package.json":
            self._read_npm(text)
        elif _COPYRIGHT.fullmatch(name):
            self._read_copyright(text)
        else:
            self._read_python(text)

    @property
    def source(self) -> Source:
        """All that was found."""
        found = {key: " ".join(value.split())[:_MOST_TEXT] for key, value in self._found.items()}
        return Source(
            found["name"], found.get("version", ""), found.get("licence", ""), self._maker
        )

    def _take(self, maker: Maker, fields: dict[str, str], wanted: dict[str, str]) -> None:
        self._maker = maker
        for ours, theirs in wanted.items():
            if fields.get(theirs):
                self._found[ours] = fields[theirs]

    def _read_copyright(self, text: str) -> None:
        """The short names in a machine-readable Debian copyright file, each once."""
        names = [value for key, value in _FIELD.findall(text) if key == "License" and value.strip()]
        words = _each_once(name.strip() for name in names)
        self._found["licence"] = ", ".join(words) or "see its debian/copyright"

    def _read_npm(self, text: str) -> None:
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(told, dict):
            return
        licence = told.get("license") or told.get("licenses")
        fields = {
            "name": told.get("name"),
            "version": told.get("version"),
            "licence": ", ".join(_each_once(_npm_licences(licence))),
        }
        texts = {key: value for key, value in fields.items() if isinstance(value, str)}
        self._take(Maker.NPM, texts, {key: key for key in texts})

    def _read_python(self, text: str) -> None:
        fields = _fields(text.partition("\n\n")[0])
        self._take(Maker.PYPI, fields, {"name": "Name", "version": "Version"})
        classified = [
            value.rpartition(" :: ")[2]
            for key, value in _FIELD.findall(text.partition("\n\n")[0])
            if key == "Classifier" and value.startswith("License :: ")
        ]
        licence = fields.get("License-Expression") or ", ".join(classified) or fields.get("License")
        if licence:
            self._found["licence"] = licence


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in _FIELD.findall(text):
        found.setdefault(key, value.strip())
    return found


def _npm_licences(told: object) -> list[str]:
    ones = told if isinstance(told, list) else [told]
    return [
        str(one.get("type", "") if isinstance(one, dict) else one)
        for one in ones
        if one is not None
    ]


def _each_once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(word for word in words if word))
