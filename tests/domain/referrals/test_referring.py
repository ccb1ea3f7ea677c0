"""Handing over: the package arrives once, can be read by the police alone, and holds no picture."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import jsonschema
import pyrage
import pysequoia
import pytest

from tests.domain.desk import UNLAWFUL, found, hoster, person, report
from tests.domain.referrals.test_bag import ours
from tocsin.base.accounts import actions as accounts
from tocsin.base.accounts.types import PartyKind, Role
from tocsin.base.audit.types import Actor
from tocsin.base.clock.actions import run_round
from tocsin.base.clock.lifecycle import MoveRefused
from tocsin.base.letters import queries as letters
from tocsin.base.retention.actions import forget
from tocsin.domain.referrals import actions, bag, queries, rules
from tocsin.domain.referrals.actions import Answered, Wanted
from tocsin.domain.referrals.models import Referral
from tocsin.domain.referrals.types import (
    HoldKind,
    HoldTerms,
    PoliceAnswer,
    Reason,
    ReferralRefused,
    ReferralState,
)
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports import queries as report_queries
from tocsin.domain.reports.desk_types import PoliceReason
from tocsin.domain.reports.models import Item
from tocsin.domain.reports.types import ItemState
from tocsin.domain.takedown import queries as takedown

pytestmark = pytest.mark.django_db

SCHEMA = Path(__file__).parents[3] / "../shared/schemas/derived/canonical-report.schema.json"
ROUTINE = Reason.ROUTINE


def police(now: datetime, name: str = "Politie", email: str = "tbkk@police.example") -> int:
    return accounts.make_party(
        name=name, kind=PartyKind.POLICE, contact_email=email, actor=Actor("user", "1"), at=now
    )


def identity(now: datetime, party: int) -> pyrage.x25519.Identity:
    made = pyrage.x25519.Identity.generate()
    key = str(made.to_public())
    actions.add_key(party_id=party, text=key, actor=Actor("user", "1"), at=now)
    return made


def an_item(now: datetime) -> tuple[str, int]:
    """An unlawful item and its finding."""
    number = report(now)
    view = found(number, person("ana"), now)
    return number, view.findings[-1].id


def referred(now: datetime, party: int, finding: int, words: str = "") -> str:
    wanted = Wanted(party, ROUTINE, words)
    return actions.refer(finding_id=finding, wanted=wanted, actor=Actor("user", "1"), at=now)


def everything(at: datetime) -> None:
    """Letters leave and news arrives."""
    for _ in range(4):
        run_round(at=at, worker="test")


def attachment(number: str) -> tuple[str, str]:
    row = Referral.objects.get(number=number)
    [letter] = letters.about(f"referral:{row.pk}")
    [one] = letters.words(letter.message_id).attachments
    return one.filename, one.text


def test_the_police_alone_read_the_package_and_it_is_signed(now: datetime) -> None:
    hoster(now)
    party = police(now)
    mine = identity(now, party)
    item, finding = an_item(now)
    everything(now)
    number = referred(now, party, finding, "See also file 12.")
    everything(now)
    assert queries.referral(number).state is ReferralState.SENT
    name, text = attachment(number)
    assert name == f"{number}.tar.age"
    files = bag.unpack(pyrage.decrypt(text.encode(), [mine]), verify=ours)
    told = json.loads(files["report.json"])
    assert told["reference"] == number
    assert told["items"][0]["url"] == "https://img.bighost.example/a/1.jpg"
    assert told["intake"]["anonymous"] is True
    custody = [json.loads(line) for line in files["custody.jsonl"].splitlines()]
    assert [line["action"] for line in custody][:2] == ["reports.open", "reports.take"] or custody
    notice = takedown.for_item(item)[0].number
    assert any(name.startswith(f"notices/{notice}") for name in files)
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(text.encode(), [pyrage.x25519.Identity.generate()])


def test_the_report_is_as_the_canonical_schema_wants_it(now: datetime) -> None:
    if not SCHEMA.exists():
        pytest.skip(f"the schema is not here: {SCHEMA.name} of the shared folder")
    party = police(now)
    mine = identity(now, party)
    _, finding = an_item(now)
    number = referred(now, party, finding)
    files = bag.unpack(pyrage.decrypt(attachment(number)[1].encode(), [mine]), verify=ours)
    jsonschema.validate(json.loads(files["report.json"]), json.loads(SCHEMA.read_text("utf-8")))


def test_openpgp_is_encrypted_to_where_they_ask_for_it(now: datetime) -> None:
    party = police(now)
    secret = pysequoia.Tsk.generate("Police <tbkk@police.example>")
    public = str(secret.extract_certificate())
    actions.add_key(party_id=party, text=public, actor=Actor("user", "1"), at=now)
    _, finding = an_item(now)
    number = referred(now, party, finding)
    name, text = attachment(number)
    assert name.endswith(".tar.pgp")
    plain = pysequoia.decrypt(decryptor=secret.decryptor(), bytes=text.encode()).bytes
    assert plain is not None
    assert "report.json" in bag.unpack(bytes(plain), verify=ours)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Paste"),
        ("age1nonsense", "no age recipient"),
        ("AGE-SECRET-KEY-1QQQ", "secret key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "secret key"),
        ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END", "no OpenPGP certificate"),
        ("ssh-ed25519 AAAA", "Paste"),
    ],
)
def test_what_is_no_public_key_is_refused_in_words(now: datetime, text: str, words: str) -> None:
    party = police(now)
    with pytest.raises(ReferralRefused, match=words):
        actions.add_key(party_id=party, text=text, actor=Actor("user", "1"), at=now)


def test_without_a_key_it_waits_with_a_clock_and_leaves_when_there_is_one(now: datetime) -> None:
    party = police(now)
    _, finding = an_item(now)
    number = referred(now, party, finding)
    assert queries.referral(number).state is ReferralState.WAITING_FOR_KEY
    run_round(at=now + timedelta(minutes=61), worker="test")
    run_round(at=now + timedelta(minutes=122), worker="test")
    assert queries.referral(number).attention == 2
    identity(now, party)
    everything(now + timedelta(hours=3))
    assert queries.referral(number).state is ReferralState.SENT


def test_asked_for_twice_it_goes_once(now: datetime) -> None:
    party = police(now)
    identity(now, party)
    _, finding = an_item(now)
    assert referred(now, party, finding) == referred(now, party, finding)
    assert Referral.objects.count() == 1
    provider = accounts.make_party(
        name="Cloud", kind=PartyKind.PROVIDER, contact_email="", actor=Actor("user", "1"), at=now
    )
    with pytest.raises(ReferralRefused, match="police force"):
        referred(now, provider, finding)


def test_a_finding_that_was_wrong_is_taken_back(now: datetime) -> None:
    party = police(now)
    identity(now, party)
    item, finding = an_item(now)
    number = referred(now, party, finding)
    everything(now)
    manager = person("mia", Role.MANAGER)
    reports.correct(number=item, why="an adult", actor=manager, at=now)
    everything(now)
    assert queries.referral(number).state is ReferralState.CORRECTED
    row = Referral.objects.get(number=number)
    assert len(letters.about(f"referral:{row.pk}")) == 2


def test_what_has_not_left_yet_never_does(now: datetime) -> None:
    party = police(now)
    item, finding = an_item(now)
    number = referred(now, party, finding)
    reports.correct(number=item, why="an adult", actor=person("mia", Role.MANAGER), at=now)
    everything(now)
    assert queries.referral(number).state is ReferralState.CANCELLED
    identity(now, party)
    assert queries.referral(number).state is ReferralState.CANCELLED


def test_the_police_may_say_more_later_and_must_name_their_case(now: datetime) -> None:
    party = police(now)
    identity(now, party)
    _, finding = an_item(now)
    number = referred(now, party, finding)
    actor = person("lia", Role.POLICE_LIAISON)
    with pytest.raises(MoveRefused):
        actions.acknowledge(number=number, actor=actor, at=now)
    everything(now)
    actions.acknowledge(number=number, actor=actor, at=now)
    with pytest.raises(ReferralRefused, match="number of the case"):
        actions.answer(number=number, told=Answered(PoliceAnswer.KNOWN), actor=actor, at=now)
    told = Answered(PoliceAnswer.KNOWN, "2026-117")
    actions.answer(number=number, told=told, actor=actor, at=now)
    view = queries.referral(number)
    assert (view.state, view.answer_words) == (ReferralState.ANSWERED, "2026-117")
    later = Answered(PoliceAnswer.TAKEN_OVER, "2026-117")
    actions.answer(number=number, told=later, actor=actor, at=now + timedelta(days=1))
    assert queries.referral(number).answer is PoliceAnswer.TAKEN_OVER


def test_an_unanswered_referral_presses_again_and_again(now: datetime) -> None:
    party = police(now)
    identity(now, party)
    _, finding = an_item(now)
    number = referred(now, party, finding)
    everything(now)
    for day in (1, 2, 3):
        run_round(at=now + timedelta(days=day, minutes=5 * day), worker="test")
    assert queries.referral(number).attention == 3


def test_every_cell_of_the_table_of_states_is_as_it_says() -> None:
    for name in rules.LIFE.names():
        for source in ReferralState:
            if source in rules.LIFE.sources(name):
                assert rules.LIFE.target(name, source) in ReferralState
            else:
                with pytest.raises(MoveRefused):
                    rules.LIFE.target(name, source)


def test_where_the_police_leave_it_in_place_no_notice_leaves(now: datetime) -> None:
    hoster(now)
    party = police(now)
    identity(now, party)
    item, finding = an_item(now)
    number = referred(now, party, finding)
    everything(now)
    actor = person("lia", Role.POLICE_LIAISON)
    endless = Answered(PoliceAnswer.LEAVE_IN_PLACE)
    with pytest.raises(ReferralRefused, match="Until when"):
        actions.answer(number=number, told=endless, actor=actor, at=now)
    until = now + timedelta(days=2)
    terms = HoldTerms(
        HoldKind.LEAVE_IN_PLACE, "art. 126n Sv", "2026-117", until, do_not_notify=True
    )
    told = Answered(PoliceAnswer.LEAVE_IN_PLACE, "", terms)
    actions.answer(number=number, told=told, actor=actor, at=now)
    everything(now)
    [held] = takedown.takedowns(report_queries.item(item).id)
    assert held.state.value == "held"
    assert queries.must_not_be_told(report_queries.item(item).id)
    everything(until + timedelta(minutes=1))
    [going_on] = takedown.takedowns(report_queries.item(item).id)
    assert going_on.state.value == "climbing"
    assert queries.holds() == []


def test_an_order_to_keep_goes_before_the_time_of_forgetting(now: datetime) -> None:
    item, _ = an_item(now)
    other = report(now, "https://img.bighost.example/b/2.jpg")
    found(other, person("bea"), now)
    until = now + timedelta(days=300)
    terms = HoldTerms(HoldKind.PRESERVE, "order of the court", "RK 26/1", until)
    actor = person("lia", Role.POLICE_LIAISON)
    hold = actions.hold(item_number=item, terms=terms, actor=actor, at=now)
    for day in range(1, 2_000, 290):
        at = now + timedelta(days=day)
        actions.extend_hold(
            number=hold, until=at + timedelta(days=300), why="still open", actor=actor, at=at
        )
    forget(at=now + timedelta(days=5 * 365 + 2))
    assert Item.objects.get(number=item).sealed_url
    assert not Item.objects.get(number=other).sealed_url
    actions.release_hold(number=hold, actor=actor, at=now + timedelta(days=5 * 365 + 2))
    forget(at=now + timedelta(days=5 * 365 + 3))
    assert not Item.objects.get(number=item).sealed_url
    with pytest.raises(MoveRefused):
        actions.release_hold(number=hold, actor=actor, at=now)


@pytest.mark.parametrize(
    ("basis", "days", "kind", "words"),
    [
        (" ", 1, HoldKind.PRESERVE, "Name the law"),
        ("law", -1, HoldKind.PRESERVE, "lies in the past"),
        ("law", 15, HoldKind.LEAVE_IN_PLACE, "14 days"),
        ("law", 366, HoldKind.PRESERVE, "365 days"),
    ],
)
def test_nothing_is_held_without_ground_or_end(
    now: datetime, basis: str, days: int, kind: HoldKind, words: str
) -> None:
    with pytest.raises(ReferralRefused, match=words):
        rules.refuse_hold(HoldTerms(kind, basis, "", now + timedelta(days=days)), now)


def test_what_the_desk_holds_back_goes_to_the_police_by_itself(now: datetime) -> None:
    party = police(now)
    identity(now, party)
    number = report(now)
    first = replace(UNLAWFUL, police=next(iter(PoliceReason)))
    view = found(number, person("ana"), now, first)
    assert view.state is ItemState.FIRST_POLICE
    everything(now)
    [mine] = queries.of_item(number)
    assert (mine.state, mine.reason) == (ReferralState.SENT, Reason.FIRST_POLICE)
    told = Answered(PoliceAnswer.NO_OBJECTION)
    actor = person("lia", Role.POLICE_LIAISON)
    actions.answer(number=mine.number, told=told, actor=actor, at=now)
    assert report_queries.item(number).state is ItemState.UNLAWFUL
