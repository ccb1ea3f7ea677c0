"""What the documents name is there: commands, endpoints and settings."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.urls import Resolver404, resolve

from tests.house.source import ROOT, SOURCE, calls, modules
from tocsin.doors.api.facade import PATHS
from tocsin.doors.api.v2 import openapi
from tocsin.site.cli import _parser

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# What somebody else serves, or what is served by no router.
OTHER_ADDRESSES = {"/live", "/healthz", "/static"}
_FENCED = re.compile(r"^```.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_COMMAND = re.compile(r"(?:^|[\s/])tocsin ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?")
_ADDRESS = re.compile(r"(?<![\w./])/(?:v1|v2|console|account|live|healthz|facade)\b[^\s?#'\"`),;]*")
_PLACEHOLDER = re.compile(r"\{[^}]*\}|<[^>]*>|…|\.\.\.")
_FILLINGS = ("md5", "T-2026-000001", "N-2026-000001", "1", "x")


def code_in(text: str) -> Iterator[str]:
    """The lines of code blocks, and the words in code spans."""
    for block in _FENCED.findall(text):
        yield from block.splitlines()
    yield from _INLINE.findall(_FENCED.sub("", text))


def commands_in(text: str) -> Iterator[tuple[str, str]]:
    """Every `tocsin COMMAND [SUBCOMMAND]`; the second word is empty where there is none."""
    for line in code_in(text):
        yield from _COMMAND.findall(line)


def unknown_commands(text: str) -> list[str]:
    """Those that the command line does not know."""
    known = known_commands()
    return [
        f"tocsin {command} {sub}".strip()
        for command, sub in commands_in(text)
        if command not in known or (known[command] and sub and sub not in known[command])
    ]


@cache
def known_commands() -> dict[str, set[str]]:
    """Each command and its subcommands."""
    parser, _ = _parser()
    return {name: _second_words(command) for name, command in _choices(parser).items()}


def _second_words(parser: argparse.ArgumentParser) -> set[str]:
    """Subcommands, or the choices of a first word without a dash."""
    first = next((a for a in parser._actions if not a.option_strings and a.choices), None)
    return set(first.choices or ()) if first else set()


def _choices(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def unknown_addresses(text: str) -> list[str]:
    """Addresses in code that nothing answers; `{word}`, `<word>` and `…` stand for any part."""
    found = {
        address.rstrip(".:|&")
        for line in code_in(text)
        for address in _ADDRESS.findall(line.replace("http://localhost:8000", " "))
    }
    return sorted(address for address in found if not _is_answered(address))


def _is_answered(address: str) -> bool:
    if any(address == other or address.startswith(f"{other}/") for other in OTHER_ADDRESSES):
        return True
    tries = {address, *(_PLACEHOLDER.sub(filling, address) for filling in _FILLINGS)}
    return any(_in_description(one) or _in_facades(one) or _in_pages(one) for one in tries)


def _in_description(address: str) -> bool:
    paths = openapi.document()["paths"]
    # A document may name a folder of endpoints: `/v1/check`, `/v2`.
    return any(path == address or path.startswith(f"{address.rstrip('/')}/") for path in paths)


def _in_facades(address: str) -> bool:
    return any(path == address or path.startswith(f"{address.rstrip('/')}/") for path in PATHS)


def _in_pages(address: str) -> bool:
    for spelling in (address, f"{address}/"):
        try:
            resolve(spelling)
        except Resolver404:
            continue
        return True
    return False


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_in_the_documents_is_there(path: Path) -> None:
    assert unknown_commands(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_address_in_the_documents_is_answered(path: Path) -> None:
    assert unknown_addresses(path.read_text("utf-8")) == []


def test_every_command_that_a_message_tells_people_to_run_is_there() -> None:
    wrong = {
        path.relative_to(SOURCE).as_posix(): unknown
        for path in SOURCE.rglob("*.py")
        if (unknown := unknown_commands(path.read_text("utf-8")))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "text",
    ["run `tocsin dance`", "run `tocsin index dance`", "```sh\n$ .venv/bin/tocsin dance\n```\n"],
)
def test_a_planted_command_is_caught(text: str) -> None:
    assert unknown_commands(text) != []


@pytest.mark.parametrize(
    "text",
    ["`GET /v2/dance`", "`/v1/check/{a}/b`", "```\ncurl http://localhost:8000/console/x\n```"],
)
def test_a_planted_address_is_caught(text: str) -> None:
    assert unknown_addresses(text) != []


@pytest.mark.parametrize(
    "text", ["`POST /v1/check/{md5|sha1}`", "`/console/items/<number>`", "`/v2`"]
)
def test_an_address_with_parts_left_open_is_known(text: str) -> None:
    assert unknown_addresses(text) == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_to_another_document_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


READERS = {
    "text",
    *(f"environment.{kind}" for kind in ("text", "number", "yes", "words", "zone")),
    *(f"environment.{kind}" for kind in ("number_within", "outlooks", "named_texts")),
}


def settings_read() -> set[str]:
    """Every TOCSIN_ name that the settings ask the environment for."""
    return {
        argument.value
        for name in ("site/settings.py", "site/environment.py")
        for call in calls(modules()[name])
        if ast.unparse(call.func) in READERS
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def test_the_settings_in_the_documents_are_those_that_are_read() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    told = re.findall(r"^\| `(TOCSIN_[A-Z_]+)`", text, re.MULTILINE)
    assert sorted(told) == sorted(settings_read())
