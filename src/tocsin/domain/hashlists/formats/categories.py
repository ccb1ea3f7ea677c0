"""What a source's category numbers mean, told for each list: they have no meaning of their own."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from tocsin.domain.hashlists.mapped import WrongMapping
from tocsin.domain.hashlists.native_format import NativeClassification
from tocsin.domain.hashlists.types import Category

NOT_LISTED: Final = "not_listed"
"""The word for categories of what is in the file and not known material: such an entry is there,
withdrawn, so that one which was listed before stops matching."""
NO_CATEGORY: Final = "none"
"""The key for records that state no category."""
WORDS: Final = frozenset({*(c.value for c in Category), NOT_LISTED})
_SCHEMES: Final = {
    Category.BASELINE: ("interpol-baseline", "baseline"),
    Category.NATIONAL: ("iccam-v3", "national"),
}
_SHAPE: Final = (
    'It needs tables like [categories."2.0/Default"] with lines like 1 = "A1"; '
    "see docs/lists/formats.md"
)


@dataclass(frozen=True, slots=True)
class CategoryWords:
    """A mapping of categories: by version and region, code to our word."""

    by_version: Mapping[str, Mapping[str, str]]

    def of(self, version: str) -> Mapping[str, str]:
        """The codes of one version and region, as `2.0/Default` or `1.3`; raises WrongMapping."""
        found = self.by_version.get(version)
        if found is None:
            known = ", ".join(self.by_version) or "none"
            raise WrongMapping(
                f"The file is of version {version}, and the mapping speaks of {known}: numbers of "
                "one version or region mean nothing in another."
            )
        return found

    def canonical(self) -> bytes:
        """The same bytes for the same mapping."""
        return msgspec.json.encode(self.by_version, order="deterministic")


def read_categories(path: Path) -> CategoryWords:
    """The mapping in a TOML file; raises WrongMapping."""
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongMapping(f"{path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WrongMapping(f"{path} is not TOML: {error}.") from error
    tables = told.get("categories")
    if set(told) != {"categories"} or not isinstance(tables, dict):
        raise WrongMapping(f"{path} does not map categories. {_SHAPE}.")
    for table in tables.values():
        if not isinstance(table, dict):
            raise WrongMapping(f"{path} does not map categories. {_SHAPE}.")
        for code, word in table.items():
            if not isinstance(word, str) or word not in WORDS:
                words = ", ".join(sorted(WORDS - {""}))
                raise WrongMapping(f'Category {code} must be one of {words}, or "" for unknown.')
    return CategoryWords(tables)


def derived(word: str, origin: str) -> list[NativeClassification]:
    """What our word says in the terms of a scheme that has it; nothing where none has."""
    if word in {"", NOT_LISTED}:
        return []
    scheme, code = _SCHEMES.get(Category(word), ("ncmec-industry", word))
    return [NativeClassification(scheme=scheme, code=code, method="derived", derived_from=origin)]
