"""What may be said: in logs, to people, and in the project's files."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.source import ROOT, SOURCE, calls, modules, tracked

LEVELS = {"debug", "info", "warning", "error", "critical"}
OTHER_METHODS = {"exception", "bind", "new", "log", "msg", "warn", "fatal", "err", "failure"}
# Words of which one may not stand in a field's name: what they name is secret, or somebody's.
SECRET = {
    "hash", "hashes", "md5", "sha1", "sha256", "pdq", "photodna", "fingerprint", "fingerprints",
    "url", "uri", "link", "host", "address", "ip", "email", "mail", "to", "username", "name",
    "secret", "password", "token", "key", "cookie", "body", "data", "text", "words", "subject_line",
}  # fmt: skip
# Names that hold such a word and tell no secret: ids, and names we gave ourselves.
HARMLESS = {"key_id", "list_name", "data_bytes"}


def wrong_in_logs(tree: ast.Module) -> list[str]:
    """Every log call whose event is not one fixed name, or that tells what it must not."""
    found = []
    for call in calls(tree):
        function = call.func
        if not (isinstance(function, ast.Attribute) and ast.unparse(function.value) == "log"):
            continue
        if function.attr not in LEVELS | OTHER_METHODS:
            continue  # some other thing called log
        if function.attr in OTHER_METHODS:
            found.append(f"line {call.lineno}: log.{function.attr} tells more than ids")
        if len(call.args) != 1 or not _is_event(call.args[0]):
            found.append(f"line {call.lineno}: the event is one fixed name")
        found += [
            f"line {call.lineno}: {keyword.arg or '**'} does not belong in a log"
            for keyword in call.keywords
            if not _may_be_logged(keyword.arg)
        ]
    return found


def _is_event(node: ast.expr) -> bool:
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        return False
    return re.fullmatch(r"[a-z]+(_[a-z]+)*", node.value) is not None


def _may_be_logged(name: str | None) -> bool:
    if name is None:
        return False
    return name in HARMLESS or not SECRET & set(name.split("_"))


def test_logs_are_fixed_names_and_ids() -> None:
    found = {name: wrong_in_logs(tree) for name, tree in modules().items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    "line",
    [
        'log.info(f"sent {url}")',
        'log.info("sent to %s", address)',
        'log.info("Sent it")',
        'log.info("sent", url=url)',
        'log.info("found", entry_md5=value)',
        'log.info("sent", **everything)',
        'log.exception("failed")',
        "log.bind(url=1)",
    ],
)
def test_a_planted_secret_in_a_log_is_caught(line: str) -> None:
    assert wrong_in_logs(ast.parse(line)) != []


def test_a_plain_log_line_is_fine() -> None:
    assert wrong_in_logs(ast.parse('log.info("notice_sent", notice_id=n.pk, key_id=k)')) == []


TRANSLATES = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}


def built_before_translation(tree: ast.Module) -> list[int]:
    """Lines where a text is put together before it is translated: no catalogue can hold it."""
    return [
        call.lineno
        for call in calls(tree)
        if isinstance(call.func, ast.Name) and call.func.id in TRANSLATES
        if not all(_is_fixed(argument) for argument in call.args[:1])
    ]


def _is_fixed(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.Name | ast.Attribute)


def test_no_text_is_put_together_before_it_is_translated() -> None:
    found = {name: built_before_translation(tree) for name, tree in modules().items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("line", ['_(f"{n} items")', '_("%s items" % n)', 'gettext("a" + b)'])
def test_a_planted_text_in_pieces_is_caught(line: str) -> None:
    assert built_before_translation(ast.parse(line)) == [1]


# The brackets keep this file from finding itself.
OF_ONE_MACHINE = re.compile(r"/w[o]rk/|/tmp/b[r]ief|p[y]pi\.|files\.p[y]thonhosted")


def test_no_file_names_a_place_of_one_machine_or_a_package_index() -> None:
    named = [
        f"{path.relative_to(ROOT)}: {found.group()}"
        for path in tracked()
        if (found := OF_ONE_MACHINE.search(path.read_bytes().decode("utf-8", "replace")))
    ]
    assert named == []


def test_every_file_can_be_read_in_one_sitting() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in SOURCE.rglob("*.py")}
    assert [path for path, length in lengths.items() if length >= 400] == []


ROOMS = [name for name in modules() if re.fullmatch(r"(base|domain|doors)/\w+/__init__\.py", name)]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_it_is_for_and_what_it_must_never_do(room: str) -> None:
    said = ast.get_docstring(modules()[room])
    assert said
    assert 2 <= len(said.splitlines()) <= 12
    assert re.search(r"\b[Mm]ust\s+never\b|\bNever\b", said)
