"""Reports come in once; what is done about them is told once, in ICCAM's own order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.domain.desk import NOT_UNLAWFUL, SYSTEM, UNLAWFUL, found, hoster, party, person, report
from tests.domain.iccam.scenes import (
    URL,
    Clock,
    a_round,
    connect,
    item_of,
    judged,
    rounds,
)
from tests.support import expect_cell, run_worker_round
from tocsin.base.accounts.types import PartyKind
from tocsin.base.clock.models import Due
from tocsin.base.outbox import actions as outbox
from tocsin.domain.hashlists.types import Category
from tocsin.domain.iccam import actions, queries, rules, telling
from tocsin.domain.iccam.models import Content, Link, Step
from tocsin.domain.iccam.types import (
    ActionType,
    Age,
    LinkState,
    NotConnected,
    Reason,
    StepKind,
    StepRefused,
    StepState,
    Told,
    Trouble,
)
from tocsin.domain.reports import actions as reports
from tocsin.domain.reports import queries as desk
from tocsin.domain.reports.types import Channel
from tocsin.site.rehearsal.iccam import FakeIccam, Fault

pytestmark = pytest.mark.django_db

STATED = {"classification": 1, "ageCategorization": 3, "genderCategorization": 2,
          "userGeneratedContentCategorization": 1}  # fmt: skip


@pytest.fixture
def clock(now: datetime) -> Clock:
    return Clock(now)


@pytest.fixture
def iccam(clock: Clock) -> FakeIccam:
    connect(clock())
    return FakeIccam(clock=clock)


def told(iccam: FakeIccam, number: int | None = None) -> list[str]:
    """What it took, in words."""
    words = []
    for what, about, body in iccam.done:
        if number is None or about in {number, 1_001}:
            words.append(f"act {body['actionType']}" if what == "act" else what)
    return words


def news(topic: str, when: datetime, /, **payload: object) -> None:
    outbox.put(topic=topic, payload=payload, at=when)  # type: ignore[arg-type]


def test_a_report_comes_in_with_its_page_and_pictures_and_is_claimed(
    iccam: FakeIccam, clock: Clock
) -> None:
    page, picture = iccam.add(URL, f"{URL}.jpg", assessment=STATED)
    iccam.add("https://elsewhere.example/", country="DE")
    done = a_round(iccam, clock)
    assert done is not None
    assert (done.listed, done.new) == (2, 2)
    item = desk.item(item_of(page))
    assert (item.reports[0].channel, item.reports[0].category_hint) == (Channel.ICCAM, "baseline")
    [(number, classification, seen)] = queries.stated(item.number)
    assert (number, classification) == (page, 1)
    assert (seen.self_generated, seen.child_modelling) == (True, None)
    rounds(iccam, clock, 1)
    assert iccam.contents[picture]["hotlineReference"] == f"{item_of(picture)}.{picture}"
    assert told(iccam) == ["refer", "refer"]


def test_reports_of_the_partner_count_as_official(clock: Clock) -> None:
    connect(clock(), party_id=party(clock(), "ICCAM", PartyKind.HOTLINE))
    iccam = FakeIccam(clock=clock)
    [number] = iccam.add(URL)
    a_round(iccam, clock)
    assert desk.item(item_of(number)).source == "ICCAM"


def test_what_is_listed_twice_or_again_comes_in_once(iccam: FakeIccam, clock: Clock) -> None:
    iccam.faults = [(Fault.TWICE, "unassigned"), (Fault.BUSY, "hotline-reference")]
    [number] = iccam.add(URL)
    rounds(iccam, clock, 6)
    assert Content.objects.count() == 1
    assert desk.item(item_of(number)).report_count == 1


def test_an_address_that_cannot_be_used_is_kept_as_that_and_stops_nothing(
    iccam: FakeIccam, clock: Clock
) -> None:
    bad, good = iccam.add("ftp://host.example/", URL)
    done = a_round(iccam, clock)
    assert done is not None
    assert (done.new, done.unusable) == (1, 1)
    assert Content.objects.get(number=bad).unusable == "scheme"
    assert item_of(good)
    view = queries.link()
    assert view is not None
    assert view.unusable == 1


def test_more_than_a_page_is_fetched_to_its_end(
    iccam: FakeIccam, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_RESULTS", 10)
    for number in range(23):
        clock.turn(seconds=30)
        iccam.add(f"https://host.example/{number}")
    done = a_round(iccam, clock)
    assert done is not None
    assert Content.objects.count() == 23
    assert Link.objects.get().checkpoint == clock()


def test_the_checkpoint_stays_where_a_round_broke(iccam: FakeIccam, clock: Clock) -> None:
    iccam.add(URL)
    iccam.faults = [(Fault.BROKEN_BEFORE, "GET rest/Reports")]
    a_round(iccam, clock)
    link = Link.objects.get()
    assert (link.checkpoint, link.state, link.trouble) == (None, "failing", "server")
    assert link.next_try_at == clock() + rules.rest(1, None)
    rounds(iccam, clock, 1)
    assert Link.objects.get().state == LinkState.WELL
    assert Content.objects.count() == 1


def test_a_finding_is_told_before_any_action_with_what_the_report_missed(
    iccam: FakeIccam, clock: Clock
) -> None:
    [number] = iccam.add(URL)
    a_round(iccam, clock)
    judged(number, clock())
    item_id = Content.objects.get().item_id
    # The news of the notice comes before that of the finding.
    news("takedown.sent", clock(), item_id=item_id, notice_id=1)
    news("rechecks.removed", clock(), item_id=item_id, at=clock().isoformat())
    run_worker_round(clock())
    rounds(iccam, clock)
    assert told(iccam) == [
        "refer", "SiteType", "Commerciality", "PaymentMethods", "assess", "act 2", "act 3",
    ]  # fmt: skip
    assert iccam.refused == []
    assert iccam.contents[number]["assessments"][-1]["classification"] == 2
    assert {step.state for step in Step.objects.all()} == {StepState.SENT}
    assert not Due.objects.filter(kind__startswith="iccam").exists()


def test_an_item_that_was_found_long_before_is_told_when_it_comes_in(
    iccam: FakeIccam, clock: Clock
) -> None:
    found(report(clock(), URL), person("ada"), clock(), UNLAWFUL)
    run_worker_round(clock())
    iccam.add(f"{URL}?utm_source=x")
    rounds(iccam, clock, 3)
    assert told(iccam)[-1] == "assess"


def test_what_others_filled_in_stands(iccam: FakeIccam, clock: Clock) -> None:
    [number] = iccam.add(URL, sourceUrlSiteType=20, sourceUrlCommerciality=3,
                         sourceUrlPaymentMethods=[13])  # fmt: skip
    a_round(iccam, clock)
    judged(number, clock())
    run_worker_round(clock())
    rounds(iccam, clock, 2)
    assert told(iccam) == ["refer", "assess"]
    assert iccam.reports[1_001]["sourceUrlPaymentMethods"] == [13]


def test_actions_go_in_a_later_round_than_the_assessment(iccam: FakeIccam, clock: Clock) -> None:
    [number] = iccam.add(URL)
    a_round(iccam, clock)
    judged(number, clock())
    news("reports.police_first", clock(), item_id=Content.objects.get().item_id, finding_id=1)
    run_worker_round(clock())
    a_round(iccam, clock)
    assert told(iccam)[-1] == "assess"
    clock.turn(minutes=1)
    a_round(iccam, clock)
    assert told(iccam)[-1] == "act 1"


def test_news_that_comes_twice_is_told_once(iccam: FakeIccam, clock: Clock) -> None:
    [number] = iccam.add(URL)
    a_round(iccam, clock)
    judged(number, clock())
    item_id = Content.objects.get().item_id
    for _ in range(3):
        news("takedown.sent", clock(), item_id=item_id, notice_id=1)
        run_worker_round(clock())
        rounds(iccam, clock, 2)
    assert told(iccam).count("act 2") == 1


@pytest.mark.parametrize("fault", [Fault.BROKEN_AFTER, Fault.CUT, Fault.LATE])
@pytest.mark.parametrize("call", ["actions", "assessment", "PUT", "payment", "reference"])
def test_what_was_done_without_an_answer_is_found_and_not_done_again(
    iccam: FakeIccam, clock: Clock, fault: Fault, call: str
) -> None:
    [number] = iccam.add(URL)
    iccam.faults = [(fault, call)]
    a_round(iccam, clock)
    judged(number, clock())
    news("takedown.sent", clock(), item_id=Content.objects.get().item_id, notice_id=1)
    run_worker_round(clock())
    rounds(iccam, clock, 8)
    assert told(iccam) == [
        "refer", "SiteType", "Commerciality", "PaymentMethods", "assess", "act 2",
    ]  # fmt: skip
    assert iccam.refused == []


@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.BROKEN_BEFORE, Fault.LOGGED_OUT])
def test_what_was_not_done_is_tried_again(iccam: FakeIccam, clock: Clock, fault: Fault) -> None:
    [number] = iccam.add(URL)
    a_round(iccam, clock)
    judged(number, clock())
    run_worker_round(clock())
    iccam.faults = [(fault, "assessment"), (fault, "assessment")]
    rounds(iccam, clock, 8)
    assert told(iccam)[-1] == "assess"
    assert told(iccam).count("assess") == 1


def test_a_service_that_asks_for_a_rest_gets_it(iccam: FakeIccam, clock: Clock) -> None:
    iccam.add(URL)
    iccam.faults = [(Fault.BUSY, "unassigned")]
    a_round(iccam, clock)
    assert Link.objects.get().next_try_at == clock() + timedelta(seconds=120)
    assert not queries.due(at=clock.turn(seconds=119))
    assert queries.due(at=clock.turn(seconds=1))


def test_one_that_is_stuck_holds_up_its_own_report_and_no_other(
    iccam: FakeIccam, clock: Clock
) -> None:
    [first] = iccam.add(URL)
    [second] = iccam.add("https://other.example/")
    a_round(iccam, clock)
    analyst = person("ada")
    for number in (first, second):
        judged(number, clock(), by=analyst)
    run_worker_round(clock())
    iccam.contents[first]["assessments"] = [STATED]
    rounds(iccam, clock, 3)
    [dead] = queries.dead_steps()
    assert (dead.content_number, dead.kind, dead.trouble) == (
        first, StepKind.ASSESS, Trouble.BASELINE_STANDS,
    )  # fmt: skip
    assert iccam.contents[second]["assessments"]
    news("takedown.sent", clock(), item_id=Content.objects.get(number=first).item_id, notice_id=1)
    run_worker_round(clock())
    rounds(iccam, clock, 3)
    [waits] = queries.waiting_steps()
    assert (waits.kind, waits.blocked) == (StepKind.ACT, True)
    assert actions.pass_over(step_id=dead.id, why="theirs is right", actor=SYSTEM, at=clock())
    rounds(iccam, clock, 3)
    assert told(iccam)[-1] == "act 2"


def test_a_dead_step_is_brought_to_mind_and_can_be_tried_again(
    iccam: FakeIccam, clock: Clock
) -> None:
    [number] = iccam.add(URL)
    iccam.faults = [(Fault.BROKEN_BEFORE, "hotline-reference")] * rules.DEAD_AFTER_ATTEMPTS
    a_round(iccam, clock)
    for _ in range(rules.DEAD_AFTER_ATTEMPTS):
        clock.turn(hours=7)
        a_round(iccam, clock)
    [dead] = queries.dead_steps()
    reminder = Due.objects.get(kind=rules.DEAD_WAITS)
    run_worker_round(reminder.due_at)
    assert Due.objects.get(kind=rules.DEAD_WAITS).due_at > reminder.due_at
    assert actions.revive(step_id=dead.id, actor=SYSTEM, at=clock())
    assert not actions.revive(step_id=dead.id, actor=SYSTEM, at=clock())
    rounds(iccam, clock, 1)
    assert iccam.contents[number]["hotlineReference"]
    assert not Due.objects.filter(kind__startswith="iccam").exists()


def test_a_step_that_waits_for_a_day_is_late(iccam: FakeIccam, clock: Clock) -> None:
    iccam.add(URL)
    a_round(iccam, clock)
    actions.switch(on=False, actor=SYSTEM, at=clock())
    assert a_round(iccam, clock) is None
    late = Due.objects.get(kind=rules.LATE)
    run_worker_round(late.due_at)
    assert Due.objects.get(kind=rules.LATE).due_at == late.due_at + rules.LATE_AFTER
    assert actions.switch(on=True, actor=SYSTEM, at=clock())
    rounds(iccam, clock, 1)
    assert told(iccam) == ["refer"]


def test_what_is_found_not_unlawful_is_said_to_be_so(iccam: FakeIccam, clock: Clock) -> None:
    [number] = iccam.add(URL)
    a_round(iccam, clock)
    judged(number, clock(), NOT_UNLAWFUL)
    run_worker_round(clock())
    rounds(iccam, clock)
    assert told(iccam)[-2:] == ["assess", "act 6"]
    assert iccam.contents[number]["assessments"][-1]["classification"] == 4
    assert iccam.contents[number]["actions"][-1]["reasonId"] == Reason.BELOW_THRESHOLD
    run_worker_round(clock())
    assert Content.objects.get().closed_at is not None


def test_what_moves_abroad_is_given_to_that_country_and_not_acted_on_any_more(
    iccam: FakeIccam, clock: Clock
) -> None:
    [number] = iccam.add(URL)
    a_round(iccam, clock)
    judged(number, clock())
    item_id = Content.objects.get().item_id
    hoster(clock(), name="Far Host", country="DE", places=("host.example",))
    news("rechecks.moved", clock(), item_id=item_id)
    run_worker_round(clock())
    rounds(iccam, clock, 3)
    assert told(iccam)[-2:] == ["host", "assign"]
    assert iccam.contents[number]["assignedCountryCode"] == "DE"
    news("rechecks.removed", clock(), item_id=item_id, at=clock().isoformat())
    run_worker_round(clock())
    rounds(iccam, clock, 3)
    assert told(iccam)[-1] == "assign"
    acts = Step.objects.filter(kind=StepKind.ACT)
    # What our own notices did before it moved, and the removal.
    assert {(act.state, act.trouble) for act in acts} == {(StepState.PASSED_OVER, Trouble.NOT_OURS)}
    assert iccam.refused == []


def test_a_finding_that_is_corrected_before_it_was_told_is_not_told(
    iccam: FakeIccam, clock: Clock
) -> None:
    [number] = iccam.add(URL)
    a_round(iccam, clock)
    item = judged(number, clock())
    run_worker_round(clock())
    reports.correct(number=item, why="adults", actor=person("ben"), at=clock())
    run_worker_round(clock())
    run_worker_round(clock())
    rounds(iccam, clock)
    assert [one["classification"] for one in iccam.contents[number]["assessments"]] == [4]
    assert told(iccam)[-1] == "act 6"
    # And if it was unlawful after all, that is told under its own key.
    reports.correct(number=item, why="not adults", actor=person("cas"), at=clock())
    found(item, person("dee"), clock(), UNLAWFUL)
    run_worker_round(clock())
    rounds(iccam, clock)
    assert iccam.contents[number]["assessments"][-1]["classification"] == 2


def test_one_that_was_told_already_is_overruled(iccam: FakeIccam, clock: Clock) -> None:
    [number] = iccam.add(URL)
    a_round(iccam, clock)
    item = judged(number, clock())
    run_worker_round(clock())
    rounds(iccam, clock, 2)
    reports.correct(number=item, why="adults", actor=person("ben"), at=clock())
    run_worker_round(clock())
    run_worker_round(clock())
    rounds(iccam, clock, 3)
    assert [one["classification"] for one in iccam.contents[number]["assessments"]] == [2, 4]
    assert told(iccam)[-1] == "act 6"


def test_a_baseline_that_was_told_is_for_a_person_to_take_back(
    iccam: FakeIccam, clock: Clock
) -> None:
    [number] = iccam.add(URL)
    a_round(iccam, clock)
    item = judged(number, clock(), replace(UNLAWFUL, category=Category.BASELINE))
    run_worker_round(clock())
    rounds(iccam, clock, 2)
    reports.correct(number=item, why="adults", actor=person("ben"), at=clock())
    run_worker_round(clock())
    run_worker_round(clock())
    rounds(iccam, clock, 3)
    [dead] = queries.dead_steps()
    assert (dead.kind, dead.trouble) == (StepKind.ASSESS, Trouble.BASELINE_STANDS)
    assert told(iccam)[-1] == "assess"


def test_a_report_of_ours_that_was_wrong_is_for_a_person_to_take_back(clock: Clock) -> None:
    connect(clock())
    iccam = FakeIccam(clock=clock)
    item = report(clock(), URL)
    found(item, person("ada"), clock(), UNLAWFUL)
    actions.file_item(
        item_number=item, country="DE", ip="", organisation="", actor=SYSTEM, at=clock()
    )
    rounds(iccam, clock, 2)
    reports.correct(number=item, why="adults", actor=person("ben"), at=clock())
    run_worker_round(clock())
    rounds(iccam, clock, 2)
    [dead] = queries.dead_steps()
    assert (dead.trouble, dead.what) == (Trouble.CORRECTED, "NotIllegal")
    assert [what for what, *_ in iccam.done] == ["file"]


def test_an_item_that_is_hosted_abroad_is_reported_there_once(clock: Clock) -> None:
    connect(clock(), files_abroad=True)
    iccam = FakeIccam(clock=clock)
    hoster(clock(), name="Far Host", country="DE", places=("host.example",))
    item = report(clock(), URL)
    found(item, person("ada"), clock(), UNLAWFUL)
    run_worker_round(clock())
    run_worker_round(clock())
    rounds(iccam, clock, 3)
    [(what, number, body)] = iccam.done
    assert (what, body["hotlineReference"]) == ("file", f"{item}/{desk.item(item).findings[0].id}")
    assert body["urls"][0]["urlString"] == URL
    assert Content.objects.get().number == 50_001
    assert Content.objects.get().report.number == number


def test_a_report_whose_answer_never_came_waits_for_somebody_who_looks(clock: Clock) -> None:
    connect(clock())
    iccam = FakeIccam(clock=clock, faults=[(Fault.CUT, "rest/reports")])
    item = report(clock(), URL)
    found(item, person("ada"), clock(), UNLAWFUL)
    run_worker_round(clock())
    actions.file_item(
        item_number=item, country="DE", ip="192.0.2.1", organisation="Far", actor=SYSTEM, at=clock()
    )
    rounds(iccam, clock, 3)
    [dead] = queries.dead_steps()
    assert dead.trouble is Trouble.NUMBER_UNKNOWN
    assert len(iccam.done) == 1
    assert actions.adopt(step_id=dead.id, number=1_001, contents=50_001, actor=SYSTEM, at=clock())
    assert Content.objects.get().number == 50_001
    assert not queries.dead_steps()


def test_one_that_was_certainly_not_taken_is_filed_again(clock: Clock) -> None:
    connect(clock())
    iccam = FakeIccam(clock=clock, faults=[(Fault.BUSY, "rest/reports")] * 2)
    item = report(clock(), URL)
    found(item, person("ada"), clock(), UNLAWFUL)
    run_worker_round(clock())
    actions.file_item(
        item_number=item, country="DE", ip="", organisation="", actor=SYSTEM, at=clock()
    )
    rounds(iccam, clock, 6)
    assert [what for what, *_ in iccam.done] == ["file"]


def test_a_person_tells_an_action_by_hand(iccam: FakeIccam, clock: Clock) -> None:
    [number] = iccam.add(URL)
    a_round(iccam, clock)
    item = item_of(number)
    told_now = Told(ActionType.UNAVAILABLE, clock(), Reason.PASSWORD_PROTECTED)
    with pytest.raises(StepRefused):
        actions.say(item_number=item, told=told_now, actor=SYSTEM, at=clock())
    judged(number, clock())
    assert actions.say(item_number=item, told=told_now, actor=SYSTEM, at=clock()) == 1
    assert actions.say(item_number=item, told=told_now, actor=SYSTEM, at=clock()) == 0
    rounds(iccam, clock, 3)
    assert iccam.contents[number]["actions"][0]["reasonText"] == "PasswordProtected"
    with pytest.raises(StepRefused):
        actions.say(item_number="T-2026-000099", told=told_now, actor=SYSTEM, at=clock())


def test_nothing_is_told_where_nothing_came_from_iccam(now: datetime, clock: Clock) -> None:
    item = report(now, URL)
    found(item, person("ada"), now, UNLAWFUL)
    run_worker_round(now)
    assert not Step.objects.exists()
    assert telling.look_at_items(now) == 0
    with pytest.raises(NotConnected):
        actions.do_round(clock=clock)
    assert Age.INFANT


_TABLE = {
    ("send", StepState.WAITING): StepState.SENT,
    ("give_up", StepState.WAITING): StepState.DEAD,
    ("pass_over", StepState.WAITING): StepState.PASSED_OVER,
    ("pass_over", StepState.DEAD): StepState.PASSED_OVER,
    ("revive", StepState.DEAD): StepState.WAITING,
    ("find_sent", StepState.DEAD): StepState.SENT,
}


@pytest.mark.parametrize("name", sorted(rules.LIFE.names()))
@pytest.mark.parametrize("state", StepState)
def test_every_cell_of_a_steps_life(name: str, state: StepState) -> None:
    expect_cell(rules.LIFE, _TABLE, name, state)
