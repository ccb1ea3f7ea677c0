from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.engine.knowngood import digests
from tocsin.engine.knowngood.digests import FORMATS, Digests, UnreadableDigests, read_digests

NSRL_HEAD = (
    '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"\n'
)


def hashes(word: object) -> tuple[str, str, str]:
    """MD5, SHA-1 and SHA-256 of a word."""
    raw = str(word).encode()
    return (
        hashlib.md5(raw, usedforsecurity=False).hexdigest(),
        hashlib.sha1(raw, usedforsecurity=False).hexdigest(),
        hashlib.sha256(raw).hexdigest(),
    )


def read(path: Path, form: str) -> tuple[set[tuple[str, ...]], int]:
    """Rows of what each has, and how many were refused."""
    rows: set[tuple[str, ...]] = set()
    refused = 0
    for batch in read_digests(path, form):
        columns = [c for c in (batch.md5, batch.sha1, batch.sha256) if c is not None]
        assert all(c.dtype == np.uint8 and len(c) == len(batch) for c in columns)
        rows |= set(zip(*[[row.tobytes().hex() for row in c] for c in columns], strict=True))
        refused += batch.refused
    return rows, refused


def nsrl(*words: object) -> str:
    rows = []
    for word in words:
        md5, sha1, _ = hashes(word)
        name = f'a ""b"", {word}'
        rows.append(f'"{sha1.upper()}","{md5.upper()}","00000000","{name}",0,1,"362",""\r\n')
    return NSRL_HEAD + "".join(rows)


def caid(*records: object) -> str:
    head = "http://github.com/ICMEC/ProjectVic/DataModels/1.2.xml#Media"
    return json.dumps({"odata.metadata": head, "value": records})


def test_nsrl_of_version_2_is_read(tmp_path: Path) -> None:
    path = tmp_path / "NSRLFile.txt"
    path.write_text(nsrl("a", "b") + '"short","x"\n\n' + '"' + "g" * 40 + nsrl("c")[-70:])

    assert read(path, "nsrl2") == ({hashes("a")[:2], hashes("b")[:2]}, 2)


def test_blocks_of_any_size_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "NSRLFile.txt"
    path.write_text(nsrl(*range(50)).removesuffix("\r\n"))
    for size in (7, 100, 1_000):
        monkeypatch.setattr(digests, "_BLOCK_BYTES", size)
        assert read(path, "nsrl2") == ({hashes(n)[:2] for n in range(50)}, 0)


@pytest.mark.parametrize("view", [False, True])
def test_nsrl_of_version_3_is_read_from_its_table_or_view(tmp_path: Path, view: bool) -> None:
    path = tmp_path / "rds.db"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE FILE (sha256, sha1, md5)")
    rows = [hashes(word)[::-1] for word in "ab"]
    rows = [*rows, ("", hashes("c")[1], ""), ("x", "5", "")]
    database.executemany("INSERT INTO FILE VALUES (upper(?), upper(?), upper(?))", rows)
    if view:
        database.execute("ALTER TABLE FILE RENAME TO DISTINCT_HASH")
        database.execute("CREATE VIEW FILE AS SELECT * FROM DISTINCT_HASH")
    database.commit()
    database.close()

    assert read(path, "nsrl3") == ({hashes("a"), hashes("b"), (hashes("c")[1],)}, 1)


def test_a_view_without_end_comes_to_an_end(tmp_path: Path) -> None:
    path = tmp_path / "rds.db"
    database = sqlite3.connect(path)
    database.execute(
        "CREATE VIEW FILE AS WITH RECURSIVE n(md5) AS (SELECT 'x' UNION ALL SELECT md5 FROM n) "
        "SELECT md5, '' AS sha1, '' AS sha256 FROM n"
    )
    database.commit()
    database.close()

    assert read(path, "nsrl3") == (set(), path.stat().st_size)


def test_only_what_caid_calls_benign_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "caid.json"
    md5, sha1, _ = hashes("a")
    good = {"MediaID": 1, "Category": 8, "MD5": md5.upper(), "SHA1": sha1, "MediaSize": "0"}
    path.write_text(
        caid(good, {**good, "Category": 1, "MD5": hashes("b")[0]}, {"Category": 8}, 5, None)
    )

    assert read(path, "caid") == ({(md5, sha1)}, 4)


def test_a_caid_set_that_is_cut_off_is_told_behind_what_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "caid.json"
    good = {"Category": 8, "MD5": hashes("a")[0]}
    path.write_text(caid(good, good)[:-20])
    found: list[Digests] = []

    with pytest.raises(UnreadableDigests, match="breaks off behind record 1"):
        found.extend(read_digests(path, "caid"))


def test_sums_are_told_apart_by_their_length(tmp_path: Path) -> None:
    path = tmp_path / "SUMS"
    md5, sha1, sha256 = hashes("a")
    path.write_text(
        f"{md5}  a file\n{sha1.upper()} *b\n{sha256}  c\n\\{hashes('b')[0]}  a\\nb\n"
        f"MD5 (x) = {hashes('c')[0]}\nSHA256 (x) = {hashes('c')[2]}\n# remark\n\n"
        f"{md5[:-1]}  short\nrubbish\n{md5[:-1]}g  x\n"
    )

    rows, refused = read(path, "md5sum")

    assert rows == {
        (md5,), (sha1,), (sha256,), (hashes("b")[0],), (hashes("c")[0],), (hashes("c")[2],),
    }  # fmt: skip
    assert refused == 3


def test_hashdeep_is_read_by_the_columns_of_its_head(tmp_path: Path) -> None:
    path = tmp_path / "deep"
    md5, sha1, sha256 = hashes("a")
    path.write_text(
        "%%%% HASHDEEP-1.0\n%%%% size,md5,sha1,tiger,sha256,filename\n## Invoked from: /\n##\n"
        f"5,{md5},{sha1},{'0' * 48},{sha256},a,b\n12345,{md5},short\nx\n"
    )

    assert read(path, "hashdeep") == ({(md5, sha1, sha256)}, 2)


def test_hashkeeper_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.hsh"
    path.write_text(f'"file_id","hash"\n"1","{hashes("a")[0].upper()}"\n"2","x"\n"3"\n')

    assert read(path, "hashkeeper") == ({(hashes("a")[0],)}, 2)


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_of_another_kind_is_refused_or_gives_nothing(tmp_path: Path, form: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\x00\xff\n" * 1000)
    try:
        rows, refused = read(path, form)
    except UnreadableDigests:
        return
    assert (rows, refused) == (set(), 1000)


@pytest.mark.parametrize("form", [*FORMATS, "no such format"])
def test_a_file_that_is_not_there_is_told(tmp_path: Path, form: str) -> None:
    with pytest.raises(UnreadableDigests):
        read(tmp_path / "nowhere", form)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.sampled_from(FORMATS), st.sampled_from([
    b"", b"%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n", NSRL_HEAD.encode(), b'"hash"\n',
    b'{"odata.metadata": "x", "value": [',
]))  # fmt: skip
def test_any_bytes_at_all_are_read_or_refused(
    tmp_path: Path, data: bytes, form: str, head: bytes
) -> None:
    path = tmp_path / "x"
    path.write_bytes(head + data)
    try:
        read(path, form)
    except UnreadableDigests:
        return
