from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.desk import picture
from tests.domain.takedown.cases import NUMBER, case, heading
from tocsin.domain.hashlists.types import Category, Kind
from tocsin.domain.reports.types import Ground
from tocsin.domain.takedown import rules, xarf


def written(**changes: object) -> dict[str, Any]:
    text = xarf.report(case(**changes), heading())
    assert text is not None
    told: dict[str, Any] = json.loads(text)
    return told


@pytest.mark.parametrize("category", sorted(rules.EXPRESSIBLE))
@pytest.mark.parametrize("ground", [Ground.MATCHED_LIST, Ground.STATED_BY_AUTHORITY, Ground.SEEN])
def test_every_expressible_finding_is_valid_against_the_vendored_schema(
    category: Category, ground: Ground
) -> None:
    told = written(category=category, ground=ground)
    assert xarf.problems(told) == []
    assert told["classification"] == category.value
    assert told["type"] == "csam"
    assert len(told["description"]) <= 1_000


@pytest.mark.parametrize("category", [Category.NATIONAL, Category.UNKNOWN])
def test_what_xarf_has_no_word_for_goes_as_a_plain_notice(category: Category) -> None:
    assert xarf.report(case(category=category), heading()) is None


def test_the_ground_decides_the_detection_method() -> None:
    assert written()["detection_method"] == "hash_match"
    assert written(ground=Ground.STATED_BY_AUTHORITY)["detection_method"] == "manual_review"


def test_only_exact_digests_of_the_reported_file_are_told() -> None:
    md5, sha1, sha256, _ = (value.value.hex() for value in picture("new"))
    told = written()
    assert told["hash_values"] == {"md5": md5, "sha1": sha1, "sha256": sha256}
    assert told["media_type"] == "image"
    assert "hash_values" not in written(fingerprints=picture("new", Kind.PDQ))
    kept_back = xarf.report(case(), heading(tell_digests=False))
    assert kept_back is not None
    assert sha256 not in kept_back


def test_nothing_is_claimed_that_nobody_has_looked_at() -> None:
    told = written()
    assert not {"evidence", "confidence", "verified_at", "screenshot_url"} & set(told)
    assert "media_type" not in written(url="https://a.example/thread", fingerprints=())


@pytest.mark.parametrize(
    ("url", "source", "domain"),
    [
        ("https://img.bighost.example/1.jpg", "img.bighost.example", "img.bighost.example"),
        ("http://192.0.2.7:8080/1.jpg", "192.0.2.7", None),
        ("http://[2001:db8::7]/1.jpg", "2001:db8::7", None),
        ("http://under_score.example/1.jpg", "under_score.example", None),
        ("http://127.0.0.1:8123/a.png", "127.0.0.1", None),
    ],
)
def test_the_source_is_the_host_and_the_domain_only_a_domain(
    url: str, source: str, domain: str | None
) -> None:
    told = written(url=url)
    assert told["source_identifier"] == source
    assert told.get("domain") == domain
    assert xarf.problems(told) == []


def test_tags_are_lower_case_and_name_the_notice() -> None:
    assert written()["tags"] == [f"notice:{NUMBER.lower()}", "classification:b1"]


@given(
    st.sampled_from(sorted(rules.EXPRESSIBLE)),
    st.from_regex(r"[a-z0-9.~_%\-/]{0,40}", fullmatch=True),
    st.booleans(),
)
def test_any_path_either_validates_or_goes_plain(category: Category, path: str, told: bool) -> None:
    text = xarf.report(
        case(category=category, url=f"https://a.example/{path}"), heading(tell_digests=told)
    )
    assert text is None or xarf.problems(json.loads(text)) == []


def test_an_invalid_report_is_left_out_and_the_notice_goes_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "detection_method", lambda ground: "crystal ball")
    assert xarf.report(case(), heading()) is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"classification": "national"}, "classification"),
        ({"report_id": "not a uuid"}, "report_id"),
        ({"url": "not an address"}, "url"),
        ({"url": "https://a.example/b c"}, "url"),
        ({"url": "https://a.example/<b>"}, "url"),
        ({"url": "https://a.example/%zz"}, "url"),
        ({"timestamp": "2026-02-30T10:00:00Z"}, "timestamp"),
        ({"timestamp": "2026-02-03 10:00:00Z"}, "timestamp"),
        ({"timestamp": "2026-02-03"}, "timestamp"),
        ({"timestamp": 7}, "timestamp"),
        ({"domain": "Upper.example"}, "domain"),
        ({"tags": ["Notice:N-1"]}, "tags/0"),
        ({"hash_values": {"md5": "xyz"}}, "hash_values/md5"),
    ],
)
def test_the_validator_does_find_mistakes(change: dict[str, object], field: str) -> None:
    assert xarf.problems({**written(), **change}) == [field]
