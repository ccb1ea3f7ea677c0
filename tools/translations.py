"""Translations of the pages: find the words, check that each has its Dutch and French, compile.

    python -m tools.translations update     write words that are new into the .po files
    python -m tools.translations compile    write the .mo files
    python -m tools.translations check      say what is missing; exit status 1 if anything is

The words are found by Python's own parser and Django's own reading of templates, so neither
xgettext nor msgfmt is needed.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

SOURCE = Path(__file__).parent.parent / "src" / "tocsin"
LOCALE = SOURCE / "site" / "locale"
LANGUAGES = ("nl", "fr")
WRITTEN = datetime(2026, 11, 22, tzinfo=UTC)  # a date that moved would change every file
ONE = {"_", "gettext", "gettext_lazy", "gettext_noop"}
SOME = {"ngettext", "ngettext_lazy"}

_CALL = re.compile(r"""\b(n?gettext|_)\(\s*(u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))""")
_PLURAL = re.compile(r"""\s*,\s*(u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))""")
_NAMED = re.compile(r"%\((\w+)\)[sd]")


@dataclass(frozen=True, slots=True)
class Words:
    """A text in English as it stands in the source; `plural` when there are two forms."""

    singular: str
    plural: str | None = None

    @property
    def id(self) -> str | tuple[str, str]:
        return (self.singular, self.plural) if self.plural is not None else self.singular


def found(source: Path = SOURCE) -> dict[Words, list[str]]:
    """Every text in the source, with the files it stands in."""
    places: dict[Words, list[str]] = {}
    for path in sorted(source.rglob("*")):
        if path.suffix == ".py" and "migrations" not in path.parts:
            texts = _in_python(path.read_text("utf-8"))
        elif path.suffix == ".html":
            texts = _in_template(path.read_text("utf-8"), path.name)
        else:
            continue
        name = str(path.relative_to(source))
        for words in texts:
            files = places.setdefault(words, [])
            if name not in files:
                files.append(name)
    return places


def problems() -> list[str]:
    """What is not as it must be, in words; empty when all is well."""
    wanted = found()
    told: list[str] = []
    for language in LANGUAGES:
        catalog = _read(language)
        kept = {_words(message): message for message in catalog if message.id}
        told += [f"{language}: {words.singular!r} is new" for words in wanted if words not in kept]
        told += [f"{language}: {words.singular!r} is gone" for words in kept if words not in wanted]
        told += [
            f"{language}: {words.singular!r}: {why}"
            for words, message in kept.items()
            if (why := _wrong_with(message))
        ]
        if compiled(language) != _mo(language).read_bytes():
            told.append(f"{language}: the .mo file is older than the .po file")
    return told


def update() -> None:
    """Write new words into the .po files and drop those that are gone."""
    wanted = found()
    for language in LANGUAGES:
        old = {_words(message): message for message in _read(language) if message.id}
        catalog = _empty(language)
        for words in sorted(wanted, key=lambda words: (wanted[words][0], words.singular)):
            string = old[words].string if words in old else None
            catalog.add(words.id, string, locations=[(file, 0) for file in wanted[words]])
        _po(language).parent.mkdir(parents=True, exist_ok=True)
        with _po(language).open("wb") as file:
            write_po(file, catalog, width=98, omit_header=False, include_lineno=False)


def compiled(language: str) -> bytes:
    """What the .mo file must hold."""
    file = io.BytesIO()
    write_mo(file, _read(language))
    return file.getvalue()


def compile_all() -> None:
    """Write the .mo files."""
    for language in LANGUAGES:
        _mo(language).write_bytes(compiled(language))


def _in_python(text: str) -> Iterator[Words]:
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        name = node.func.id if isinstance(node.func, ast.Name) else name
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        strings = [value for value in texts if isinstance(value, str)]
        if name in ONE and strings:
            yield Words(strings[0])
        elif name in SOME and len(strings) > 1:
            yield Words(strings[0], strings[1])


def _in_template(text: str, name: str) -> Iterator[Words]:
    code = templatize(text, origin=name)
    for call in _CALL.finditer(code):
        singular = _literal(call[2])
        plural = _PLURAL.match(code, call.end()) if call[1] == "ngettext" else None
        yield Words(singular, _literal(plural[1]) if plural else None)


def _literal(text: str) -> str:
    value = ast.literal_eval(text)
    if not isinstance(value, str):
        raise TypeError(f"not a text: {text}")
    return value


def _words(message: Message) -> Words:
    if isinstance(message.id, (tuple, list)):
        return Words(message.id[0], message.id[1])
    return Words(message.id)


def _wrong_with(message: Message) -> str | None:
    strings = message.string if isinstance(message.string, (tuple, list)) else (message.string,)
    if not all(strings):
        return "is not translated"
    if message.fuzzy:
        return "is marked as a guess"
    words = _words(message)
    asked = set(_NAMED.findall(words.plural or words.singular))
    if any(set(_NAMED.findall(string)) != asked for string in strings):
        return "has other placeholders than the English"
    return None


def _empty(language: str) -> Catalog:
    return Catalog(
        locale=language,
        project="Tocsin",
        header_comment=f"# Tocsin in {language}. Made by tools/translations.py.",
        charset="utf-8",
        fuzzy=False,
        version="",
        msgid_bugs_address="",
        last_translator="The Tocsin authors",
        language_team="",
        creation_date=WRITTEN,
        revision_date=WRITTEN,
    )


def _read(language: str) -> Catalog:
    if not _po(language).exists():
        return _empty(language)
    with _po(language).open("rb") as file:
        return read_po(file, locale=language)


def _po(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def _mo(language: str) -> Path:
    return _po(language).with_suffix(".mo")


def main(arguments: list[str]) -> int:
    """Run one of the three; the exit status."""
    match arguments:
        case ["update"]:
            update()
        case ["compile"]:
            compile_all()
        case ["check"]:
            told = problems()
            print("\n".join(told) or "Every word has its Dutch and its French.")
            return 1 if told else 0
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
