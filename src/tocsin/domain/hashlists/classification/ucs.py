"""Labels of INHOPE's Universal Classification Schema: an open vocabulary, kept with its version.

Its list of labels is not public, so every label is taken as it stands and none is interpreted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tocsin.domain.hashlists.classification.deriving import Asserted

UCS = "inhope-ucs"
NEWEST_VERSION = "3.1"
"""Version 3.1 of 15 April 2026 (universalclassificationschema.org)."""
VERSION_KEY = "@version"
LONGEST_VERSION = 20
LONGEST_LABEL = 120
MOST_LABELS = 64


class UnusableLabels(Exception):
    """Labels that cannot be kept as they are; the text says why."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels in one version of the scheme, in order and each once. No version: not stated."""

    version: str = ""
    labels: tuple[str, ...] = ()

    @classmethod
    def of(cls, labels: Iterable[str], version: str = NEWEST_VERSION) -> Labels:
        """Labels as somebody wrote them; raises UnusableLabels."""
        found = tuple(sorted({label.strip() for label in labels} - {""}))
        if not found:
            return NO_LABELS
        if len(found) > MOST_LABELS:
            raise UnusableLabels(f"There are more than {MOST_LABELS} labels.")
        if len(version) > LONGEST_VERSION or not version.isprintable():
            raise UnusableLabels("The version of the labels cannot be read.")
        if not all(map(fits, found)):
            raise UnusableLabels(
                f"A label has at most {LONGEST_LABEL} characters that can be printed."
            )
        return cls(version, found)

    @classmethod
    def of_text(cls, text: str) -> Labels:
        """What `text` gave."""
        version, *labels = text.split("\n") if text else [""]
        return cls(version, tuple(labels))

    def text(self) -> str:
        """As one text: the version, then the labels, a line each; nothing for no labels."""
        return "\n".join([self.version, *self.labels]) if self.labels else ""

    def asserted(self) -> tuple[Asserted, ...]:
        """The labels as codes of a scheme."""
        return tuple(Asserted(UCS, self.version, label) for label in self.labels)


NO_LABELS = Labels()


def fits(label: str) -> bool:
    """Whether a table can hold a label."""
    return 0 < len(label) <= LONGEST_LABEL and label.isprintable()


def from_mapping(told: Mapping[str, object]) -> Labels:
    """Labels from a mapping of label to value with its `@version`, as our format writes them.

    A value of true is the label itself; any other stands behind it after `=`, false too: what is
    denied is not the same as what nobody spoke of. Raises UnusableLabels.
    """
    version = told.get(VERSION_KEY, "")
    named = ((key, value) for key, value in told.items() if key != VERSION_KEY)
    return Labels.of((label_of(key, value) for key, value in named), str(version or ""))


def label_of(name: str, value: object) -> str:
    """One label of such a mapping; raises UnusableLabels."""
    if value is True:
        return name
    if value is False or value is None:
        return f"{name}={'null' if value is None else 'false'}"
    if isinstance(value, str | int | float):
        return f"{name}={value}"
    raise UnusableLabels("The value of a label must be a word, a number, true, false or null.")
