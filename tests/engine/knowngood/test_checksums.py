"""The checksums that wordpress.org publishes, in the shapes they come in, and what is none."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.knowngood.test_digests import read
from tocsin.engine.knowngood.checksums import MOST_BYTES, NotChecksums, arrays, rows_of
from tocsin.engine.knowngood.digests import UnreadableDigests


def md5(word: str) -> str:
    return hashlib.md5(word.encode(), usedforsecurity=False).hexdigest()


def sha256(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


def document(told: object) -> bytes:
    return json.dumps(told).encode()


def test_a_release_has_md5_alone() -> None:
    files = {"wp-admin/images/logo.png": md5("a"), "wp-content/themes/t/b.webp": md5("b").upper()}
    flat, nested = {"checksums": files}, {"checksums": {"6.8.1": files}}
    rows, refused = rows_of(document(flat))
    assert rows == [(bytes.fromhex(md5("a")), None), (bytes.fromhex(md5("b")), None)]
    assert refused == 0
    assert rows_of(document(nested)) == (rows, 0)


def test_a_plugin_has_both_and_perhaps_several_forms_of_a_file(tmp_path: Path) -> None:
    files = {
        "logo.png": {"md5": md5("a"), "sha256": sha256("a")},
        "readme.txt": {"md5": [md5("b"), md5("c")], "sha256": [sha256("b"), sha256("c")]},
        "old.png": {"md5": md5("d")},
    }
    path = tmp_path / "plugin.json"
    path.write_bytes(document({"plugin": "p", "version": "1", "files": files}))
    rows, refused = read(path, "wordpress")
    assert refused == 0
    assert {row for row in rows if len(row) == 2} == {(md5(w), sha256(w)) for w in "abc"}
    assert (md5("d"),) in rows


def test_a_wrong_line_is_counted_and_stops_no_other() -> None:
    files = {"a": md5("a"), "b": "zz" * 16, "c": 7, "d": md5("d")[:-1], "e": " " * 32, "f": None}
    rows, refused = rows_of(document({"checksums": files}))
    assert (rows, refused) == ([(bytes.fromhex(md5("a")), None)], 5)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"[]", b"7", b'{"checksums": false}', b'{"files": []}', b"{}", b"\xff",
        b'{"checksums": {"a": "', b"[" * 100_000, b" " * (MOST_BYTES + 1),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_is_no_list_is_told_in_words(text: bytes, tmp_path: Path) -> None:
    with pytest.raises(NotChecksums):
        rows_of(text)
    (tmp_path / "list").write_bytes(text)
    with pytest.raises(UnreadableDigests):
        read(tmp_path / "list", "wordpress")


_WORD = st.text(max_size=4)
_JSON = st.recursive(
    st.none() | st.integers(0, 9) | _WORD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_WORD, inner, max_size=3),
    max_leaves=8,
)
_WORDS = st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=20)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(_JSON, st.sampled_from(["checksums", "files", "other"]))
def test_any_document_is_read_or_refused(inside: object, key: str) -> None:
    try:
        rows, refused = rows_of(document({key: inside}))
    except NotChecksums:
        return
    assert all(len(one) == 16 for one, _ in rows if one is not None)
    assert refused >= 0


@given(_WORDS)
def test_a_release_comes_back_whole(words: dict[str, str]) -> None:
    rows, refused = rows_of(document({"checksums": {k: md5(w) for k, w in words.items()}}))
    told = {
        row.tobytes().hex() for column, _ in arrays(rows) if column is not None for row in column
    }
    assert (told, refused) == ({md5(w) for w in words.values()}, 0)
