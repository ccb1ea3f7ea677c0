from __future__ import annotations

import string
from dataclasses import replace
from importlib.resources import files

import pytest

from tests.domain.desk import URL, picture
from tests.domain.takedown.cases import AT, NUMBER, case, hoster, sheet
from tocsin.domain.hashlists.types import Category
from tocsin.domain.reports.types import Ground
from tocsin.domain.takedown import wording
from tocsin.domain.takedown.types import Rung

UNLAWFUL_CATEGORIES = [category for category in Category if category is not Category.UNKNOWN]
HOURS = {"en": "24 hours", "nl": "24 uur", "fr": "24 heures", "de": "24 Stunden"}
GOOD_FAITH = {
    "en": "good faith",
    "nl": "goeder trouw",
    "fr": "bonne foi",
    "de": "gutem Glauben",
}


def paragraphs(text: str) -> dict[str, str]:
    """The four lettered elements of a notice."""
    found = {}
    for letter, following in zip("abcd", "bcd\n", strict=True):
        _, _, rest = text.partition(f"\n({letter}) ")
        found[letter] = rest.partition(f"\n({following}) ")[0] if following != "\n" else rest
    return found


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_every_language_has_the_four_elements_of_article_16(language: str) -> None:
    text = wording.notice(case(), sheet(language)).text
    elements = paragraphs(text)
    assert wording.phrases(language)["category-B1"] in elements["a"]
    assert wording.phrases(language)["ground-matched_list"] in elements["a"]
    assert URL in elements["b"]
    assert "Example Hotline" in elements["c"]
    assert "notices@hotline.example" in elements["c"]
    assert GOOD_FAITH[language] in elements["d"]
    assert HOURS[language] in text
    assert "2022/2065" in text
    assert NUMBER in text


@pytest.mark.parametrize("language", wording.LANGUAGES)
@pytest.mark.parametrize("category", UNLAWFUL_CATEGORIES)
@pytest.mark.parametrize("ground", [Ground.MATCHED_LIST, Ground.STATED_BY_AUTHORITY, Ground.SEEN])
def test_every_category_and_ground_can_be_said(
    language: str, category: Category, ground: Ground
) -> None:
    written = wording.notice(case(category=category, ground=ground), sheet(language))
    assert not set("{}") & set(written.subject + written.text)
    assert NUMBER in written.subject
    assert "\n" not in written.subject


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_a_file_and_a_page_are_asked_for_differently(language: str) -> None:
    said = wording.phrases(language)
    page = case(url="https://forum.bighost.example/thread?id=4")
    assert said["request-file"] in wording.notice(case(), sheet(language)).text
    assert said["request-page"] in wording.notice(page, sheet(language)).text


def test_digests_of_the_reported_file_are_told_but_never_its_perceptual_hash() -> None:
    text = wording.notice(case(), sheet()).text
    md5, sha1, sha256, pdq = (value.value.hex() for value in picture("new"))
    assert md5 in text
    assert sha1 in text
    assert sha256 in text
    assert pdq not in text


def test_digests_are_kept_back_when_the_organisation_says_so() -> None:
    text = wording.notice(case(), sheet(tell_digests=False)).text
    assert not any(value.value.hex() in text for value in picture("new"))


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_a_rehearsal_says_so_in_subject_and_text(language: str) -> None:
    said = wording.phrases(language)["rehearsal"]
    for written in (
        wording.notice(case(rehearsal=True), sheet(language)),
        wording.withdrawal(case(rehearsal=True), sheet(language)),
    ):
        assert written.subject.startswith("[REHEARSAL] ")
        assert said in written.text
    assert said not in wording.notice(case(), sheet(language)).text


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_a_withdrawal_names_the_notice_and_asks_nothing(language: str) -> None:
    written = wording.withdrawal(case(), sheet(language))
    assert NUMBER in written.subject
    assert URL in written.text
    assert written.attachments == ()
    assert not set("{}") & set(written.text)


def test_an_address_with_braces_stays_as_it_is() -> None:
    odd = case(url="https://a.example/%7Bnumber%7D?q={email}")
    assert "q={email}" in wording.notice(odd, sheet()).text


def test_every_language_has_the_same_phrases_and_placeholders() -> None:
    names = [frozenset(wording.phrases(language)) for language in wording.LANGUAGES]
    assert len(set(names)) == 1
    for template in ("notice", "withdrawal", "reminder", "handover", "file", "reply"):
        used = {placeholders(f"{template}.{language}.txt") for language in wording.LANGUAGES}
        assert len(used) == 1, template


@pytest.mark.parametrize("language", wording.LANGUAGES)
@pytest.mark.parametrize("rung", [rung for rung in Rung if rung is not Rung.RESELLER])
def test_every_rung_is_written_to_in_every_language(language: str, rung: Rung) -> None:
    to = hoster(language, rung)
    told = replace(sheet(language), to=to, link="https://h.example/notice/x", history="    line")
    written = wording.notice(case(), told)
    assert not set("{}") & set(written.subject + written.text)
    assert URL in written.text
    assert "https://h.example/notice/x" in written.text
    again = wording.reminder(case(), replace(told, round=3, sent_at=AT))
    assert not set("{}") & set(again.subject + again.text)


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_who_was_found_by_machine_is_told_so(language: str) -> None:
    found = replace(hoster(language), confirmed=False, source="rdap_network")
    text = wording.notice(case(), replace(sheet(language), to=found)).text
    assert "rdap network" in text
    assert "rdap" not in wording.notice(case(), sheet(language)).text


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_a_reply_names_no_address(language: str) -> None:
    written = wording.reply(case(), replace(sheet(language), words="We looked again."))
    assert "We looked again." in written.text
    assert URL not in written.text


def placeholders(name: str) -> frozenset[str]:
    text = (files("tocsin.domain.takedown") / "templates" / name).read_text("utf-8")
    return frozenset(field for _, field, _, _ in string.Formatter().parse(text) if field)
