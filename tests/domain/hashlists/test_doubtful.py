"""A dry run tells what the lint would say, and sizes that a source states are asked about."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.domain.hashlists.formats.samples import MAPPING, hash_set, media, put
from tests.domain.hashlists.known_sets import know, listed
from tests.domain.hashlists.lists import ANALYST, bring, entry, make, value, write
from tocsin.domain.hashlists import actions, known, queries
from tocsin.domain.hashlists.models import Entry, LintNote, MutedPrint, Quarantine
from tocsin.domain.hashlists.types import LintReason, Purpose, QuarantineState
from tocsin.site.cli import main

pytestmark = pytest.mark.django_db


def reasons() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, reason in Quarantine.objects.filter(state=QuarantineState.WAITING).values_list(
        "entry__source_entry_id", "reason"
    ):
        found.setdefault(name, set()).add(reason)
    return found


def test_a_dry_run_says_what_the_lint_would_set_aside(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon", "logo", pdqs=True)
    flat = {"algo": "pdq", "value": value("x", 32), "quality": 20}
    photodna = {"algo": "photodna", "value": b64encode(bytes(144)).decode()}
    path = write(
        tmp_path / "list",
        listed("a", sha1="icon"),
        listed("a", sha1="icon"),
        listed("b", pdq="logo"),
        listed("twin", md5="icon", sha1="real"),
        entry("gone", status="deleted")
        | {"fingerprints": listed("x", sha1="icon")["fingerprints"]},
        entry("flat", fingerprints=[flat]),
        entry("flat beside photodna", fingerprints=[flat, photodna]),
        entry("film", media_type="video", fingerprints=[flat]),
        entry("small", media={"size_bytes": 43}),
        entry("c"),
    )

    tried = bring(path, now, dry_run=True)

    assert not any(model.objects.exists() for model in (Entry, Quarantine, LintNote, MutedPrint))
    report = bring(path, now)
    assert tried.quarantined == report.quarantined == 4
    assert tried.doubts == {
        LintReason.KNOWN_SHA1: 1,
        LintReason.KNOWN_NEAR: 1,
        LintReason.FLAT_PDQ: 1,
        LintReason.FEW_BYTES: 1,
    }
    assert bring(path, now, dry_run=True).quarantined == 0  # nothing in it is new any more


def test_a_dry_run_of_harmless_files_sets_nothing_aside(tmp_path: Path, now: datetime) -> None:
    make(now, purpose=Purpose.BENIGN_ALLOW)
    know("icon")
    record = listed("a", sha1="icon") | {"list_purpose": "benign_allow"}

    assert bring(write(tmp_path / "list", record), now, dry_run=True).quarantined == 0


def test_a_dry_run_says_that_a_set_is_damaged(tmp_path: Path, now: datetime) -> None:
    make(now)
    know("icon")
    (known.folder_of_sets() / "office" / "manifest.json").write_text("{")

    with pytest.raises(actions.SetsOutOfOrder, match="office"):
        bring(write(tmp_path / "list", entry("a")), now, dry_run=True)


def test_the_command_tells_it(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    make(now)
    know("icon")
    path = write(tmp_path / "list", listed("a", sha1="icon"))

    assert main(["lists", "import", str(path), "--list", "test", "--dry-run"]) == 0

    assert "1 would go into quarantine: 1 known_sha1." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ({"size_bytes": 1_023}, {"few_bytes"}),
        ({"size_bytes": 1_024}, set()),
        ({"width": 49, "height": 4_000}, {"few_pixels"}),
        ({"width": 640, "height": 10, "size_bytes": 90}, {"few_bytes", "few_pixels"}),
        ({"width": 50, "height": 50}, set()),
        ({"width": 0, "height": 0, "size_bytes": 0}, set()),
        ({"width": None}, set()),
    ],
)
def test_what_its_source_says_is_too_small_is_set_aside(
    tmp_path: Path, now: datetime, stated: dict[str, Any], why: set[str]
) -> None:
    make(now)

    bring(write(tmp_path / "list", entry("a", media=stated), entry("b")), now)

    assert reasons().get("a", set()) == why
    assert "b" not in reasons()


def test_texts_and_addresses_may_be_short(tmp_path: Path, now: datetime) -> None:
    make(now)
    short = {"media": {"size_bytes": 40}}
    kinds = ("text", "url", "document", "audio")

    report = bring(write(tmp_path / "l", *(entry(k, media_type=k, **short) for k in kinds)), now)

    assert report.quarantined == 0


def test_a_size_that_is_stated_later_makes_a_new_version(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(write(tmp_path / "one", entry("a")), now)

    report = bring(write(tmp_path / "two", entry("a", media={"width": 20})), now)

    assert (report.changed, report.quarantined) == (1, 1)
    assert reasons() == {"a": {"few_pixels"}}


def test_sizes_of_vics_are_asked_about(tmp_path: Path, now: datetime) -> None:
    make(now)
    path = put(tmp_path / "set.json", hash_set(media(MediaSize="43", MimeType="image/gif")))
    meaning = put(tmp_path / "meaning.toml", MAPPING.encode())

    assert bring(path, now, mapping_path=meaning).quarantined == 1


def test_sizes_in_columns_are_asked_about(tmp_path: Path, now: datetime) -> None:
    make(now)
    mapping, path = tmp_path / "mapping.json", tmp_path / "list.csv"
    columns = {"md5": "H", "size_bytes": "B", "width": "W", "height": "X", "media_type": "T"}
    words = {"": "image", "txt": "text"}
    mapping.write_text(json.dumps({"columns": columns, "id": "I", "media_type": words}))
    rows = ("I,H,B,W,X,T", f"a,{value('a', 16)},,16,16,", f"b,{value('b', 16)},90000,640,480,",
            f"c,{value('c', 16)},about nothing,,,",
        f"d,{value('d', 16)},12,,,txt")  # fmt: skip
    path.write_text("".join(f"{row}\n" for row in rows))

    report = bring(path, now, mapping_path=mapping)

    assert (report.added, report.quarantined, report.refused) == (4, 1, 0)
    assert reasons() == {"a": {"few_pixels"}}


def test_a_dry_run_says_what_would_come_in_held(tmp_path: Path, now: datetime) -> None:
    make(now)
    bring(write(tmp_path / "first", listed("wrong", md5="a", sha1="a", pdq="a")), now)
    wrong = Entry.objects.get()
    actions.withdraw_entry(entry_id=wrong.pk, reason="wrong", actor=ANALYST, at=now)
    path = write(
        tmp_path / "list",
        listed("by sha", sha1="a", pdq="b"),
        listed("by pdq", pdq="a"),
        listed("by md5", md5="a"),
        listed("twin", md5="a", sha1="c"),
        entry("gone", status="deleted") | {"fingerprints": listed("x", sha1="a")["fingerprints"]},
        listed("another", md5="d", sha1="d"),
    )

    assert bring(path, now, dry_run=True).remembered == 3

    bring(path, now)
    assert Entry.objects.filter(held=True).count() == 3


def test_what_matches_by_photodna_alone_is_counted(
    tmp_path: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    make(now)
    photodna = {"algo": "photodna", "value": b64encode(bytes(144)).decode()}
    path = write(
        tmp_path / "list",
        entry("alone", fingerprints=[photodna]),
        entry("beside a digest", fingerprints=[photodna, {"algo": "md5", "value": value("x", 16)}]),
        entry("gone", fingerprints=[photodna], status="withdrawn"),
    )

    assert bring(path, now, dry_run=True).unlinted == 1
    assert main(["lists", "import", str(path), "--list", "test"]) == 0

    assert "1 match by PhotoDNA alone" in capsys.readouterr().out
    assert queries.runs()[0].unlinted == 1
