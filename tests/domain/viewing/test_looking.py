"""Looking: who may, how far, how long; and that nothing of a picture stays."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import gettempdir

import pytest
from PIL import Image
from pytest_django import Settings

from tests.domain.desk import person
from tests.domain.visits.scenes import LANDSCAPE, MANAGER, OTHER, may_fetch, out_to, prints_of
from tests.support import in_threads
from tocsin.base.accounts.types import Role
from tocsin.base.audit.models import AuditRow
from tocsin.base.audit.types import Actor
from tocsin.domain.hashlists import actions as hashlists
from tocsin.domain.hashlists.types import Category, OwnEntry
from tocsin.domain.matching import ourselves
from tocsin.domain.matching.actions import build_index
from tocsin.domain.matching.checker import Checker
from tocsin.domain.viewing import actions, queries, shifts
from tocsin.domain.viewing.models import Look
from tocsin.domain.viewing.types import (
    LookIsOver,
    MandateRefused,
    MayNotLook,
    NothingInForce,
    Subject,
    Veil,
    WhyNot,
)
from tocsin.domain.visits import actions as visits
from tocsin.domain.visits import queries as visited
from tocsin.domain.visits import ways
from tocsin.site.rehearsal import needles
from tocsin.site.rehearsal.sites import Sites

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module", autouse=True)
def decoders() -> Iterator[None]:
    yield
    ways.close_decoders()


@pytest.fixture
def lists(
    monkeypatch: pytest.MonkeyPatch, now: datetime, transactional_db: None
) -> Iterator[Checker]:
    build_index(at=now)
    made = Checker.from_settings()
    made.follow(now)
    # The one of this process would follow another test's folder.
    monkeypatch.setattr(ourselves, "checker", lambda: made)
    # A day of looking takes longer than lists without a database are believed.
    monkeypatch.setattr(made, "problem", lambda at: None)
    yield made
    made.stop()


@pytest.fixture
def sites(monkeypatch: pytest.MonkeyPatch, lists: Checker, now: datetime) -> Iterator[Sites]:
    with out_to(Sites(77), monkeypatch) as world:
        may_fetch(now)
        actions.state_mandate(basis="Article 1", until=None, actor=MANAGER, at=now)
        yield world


@pytest.fixture
def subject(sites: Sites) -> Subject:
    return Subject(1, "T-2026-000001", sites.put(LANDSCAPE), taken=True)


@pytest.fixture
def anna(transactional_db: None) -> Actor:
    return person("anna")


def down_to(step: Veil, subject: Subject, actor: Actor, at: datetime) -> int:
    """Take the ladder down to a step; the last look's number."""
    look_id = 0
    for veil in tuple(Veil)[: tuple(Veil).index(step) + 1]:
        look_id = actions.look(subject=subject, step=veil, actor=actor, at=at).look_id
    return look_id


def why(caught: pytest.ExceptionInfo[MayNotLook]) -> WhyNot:
    return caught.value.why


def test_a_look_gives_a_small_picture_and_a_line_in_the_ledger(
    subject: Subject, anna: Actor, now: datetime
) -> None:
    shown = actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=now)

    image = Image.open(io.BytesIO(shown.picture))
    assert (image.format, image.mode, max(image.size)) == ("JPEG", "L", 240)
    (line,) = queries.looks(who=anna.text, since=now, until=now + MINUTE)
    assert (line.who, line.item_number, line.step, line.repeat) == (
        "anna",
        "T-2026-000001",
        Veil.BLUR,
        0,
    )
    audit = AuditRow.objects.get(action="viewing.look")
    assert (audit.actor, audit.subject) == (anna.text, "item:1")
    assert audit.facts["step"] == "blur"


def test_the_evidence_says_which_file_was_looked_at(
    subject: Subject, anna: Actor, now: datetime
) -> None:
    actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=now)
    visit = visited.visit(Look.objects.get().visit_id or 0)
    assert visit.images[0].fingerprints[0] == prints_of(LANDSCAPE)[0]
    assert "looked_at" in visit.signs


def test_nobody_looks_without_a_mandate(
    monkeypatch: pytest.MonkeyPatch, anna: Actor, now: datetime
) -> None:
    may_fetch(now)
    with out_to(Sites(78), monkeypatch) as sites:
        url = sites.put(LANDSCAPE)
        subject = Subject(1, "T-2026-000001", url, taken=True)
        with pytest.raises(MayNotLook) as caught:
            actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=now)
        assert sites.site(url).asked == 0
    assert why(caught) is WhyNot.NO_MANDATE
    assert not Look.objects.exists()


def test_nobody_looks_while_fetching_is_off(subject: Subject, anna: Actor, now: datetime) -> None:
    visits.stop(actor=MANAGER, at=now)
    with pytest.raises(MayNotLook) as caught:
        actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=now)
    assert why(caught) is WhyNot.FETCHING_IS_OFF


def test_each_step_comes_after_the_one_before(subject: Subject, anna: Actor, now: datetime) -> None:
    with pytest.raises(MayNotLook) as caught:
        actions.look(subject=subject, step=Veil.PLAIN, actor=anna, at=now)
    assert why(caught) is WhyNot.STEP_TOO_FAR
    down_to(Veil.PLAIN, subject, anna, now)
    assert queries.ladder(subject, actor=anna, at=now).seen == tuple(Veil)


def test_another_person_begins_at_the_top(subject: Subject, anna: Actor, now: datetime) -> None:
    down_to(Veil.GREY, subject, anna, now)
    assert queries.ladder(subject, actor=person("ben"), at=now).steps == (Veil.BLUR,)


def test_what_a_list_knows_is_not_even_fetched(
    subject: Subject, sites: Sites, anna: Actor, now: datetime
) -> None:
    known = replace(subject, listed=True)
    with pytest.raises(MayNotLook) as caught:
        actions.look(subject=known, step=Veil.BLUR, actor=anna, at=now)
    assert why(caught) is WhyNot.KNOWN
    assert sites.site(subject.url).asked == 0


def test_what_turns_out_to_be_on_a_list_is_fetched_and_not_shown(
    subject: Subject, anna: Actor, lists: Checker, now: datetime
) -> None:
    entry = OwnEntry(
        fingerprints=prints_of(LANDSCAPE),
        category=Category.B1,
        media_type="image",
        rehearsal=False,
        about="item:9",
    )
    hashlists.add_own_entry(entry=entry, actor=MANAGER, at=now)
    lists.follow(now)
    with pytest.raises(MayNotLook) as caught:
        actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=now)
    assert why(caught) is WhyNot.KNOWN
    assert not Look.objects.exists()


def test_while_no_list_can_be_asked_nothing_is_shown(
    subject: Subject, anna: Actor, lists: Checker, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "problem", lambda at: "the database is away")
    with pytest.raises(MayNotLook) as caught:
        actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=now)
    assert why(caught) is WhyNot.LISTS_AWAY


def test_one_of_its_like_is_seen_once(subject: Subject, anna: Actor, now: datetime) -> None:
    down_to(Veil.BLUR, subject, anna, now)
    other = replace(subject, item_id=2, number="T-2026-000002", like=(1, 2))
    ladder = queries.ladder(other, actor=person("ben"), at=now)
    assert (ladder.why_not, ladder.seen_like) == (WhyNot.CLUSTER_SEEN, "T-2026-000001")
    with pytest.raises(MayNotLook):
        actions.look(subject=other, step=Veil.BLUR, actor=anna, at=now)


def test_the_same_file_at_another_address_is_not_shown_again(
    subject: Subject, sites: Sites, anna: Actor, now: datetime
) -> None:
    down_to(Veil.BLUR, subject, anna, now)
    copy = Subject(2, "T-2026-000002", sites.put(LANDSCAPE), taken=True)
    with pytest.raises(MayNotLook) as caught:
        actions.look(subject=copy, step=Veil.BLUR, actor=person("ben"), at=now)
    assert why(caught) is WhyNot.CLUSTER_SEEN


def test_what_is_gone_is_no_exposure(
    subject: Subject, sites: Sites, anna: Actor, now: datetime
) -> None:
    sites.remove(subject.url)
    with pytest.raises(MayNotLook) as caught:
        actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=now)
    assert why(caught) is WhyNot.NOT_THERE
    assert not Look.objects.exists()


def test_seconds_are_counted_while_the_browser_says_so(
    subject: Subject, anna: Actor, now: datetime
) -> None:
    look_id = down_to(Veil.BLUR, subject, anna, now)
    for beat in range(1, 5):
        actions.beat(look_id=look_id, actor=anna, at=now + beat * 5 * SECOND)
    actions.beat(look_id=look_id, actor=anna, at=now + 10 * MINUTE)
    actions.end_look(look_id=look_id, actor=anna, at=now + 10 * MINUTE + 2 * SECOND)
    assert queries.looks(who=anna.text, since=now, until=now + MINUTE)[0].seconds == 42


def test_after_an_hour_the_picture_goes_and_none_comes(
    subject: Subject, anna: Actor, now: datetime
) -> None:
    look_id = down_to(Veil.BLUR, subject, anna, now)
    for minute in range(1, 60):
        left = actions.beat(look_id=look_id, actor=anna, at=now + minute * MINUTE)
        assert left == (60 - minute) * 60
    with pytest.raises(LookIsOver) as over:
        actions.beat(look_id=look_id, actor=anna, at=now + 60 * MINUTE)
    assert over.value.why is WhyNot.BREAK
    with pytest.raises(MayNotLook) as caught:
        actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=now + 65 * MINUTE)
    assert (why(caught), caught.value.until) == (WhyNot.BREAK, now + 70 * MINUTE)
    actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=now + 70 * MINUTE)


def test_after_four_hours_the_day_is_over(
    subject: Subject, anna: Actor, now: datetime, settings: Settings
) -> None:
    for start in range(5):
        begins = now + start * timedelta(hours=1, minutes=5)
        shown = actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=begins)
        if start < 4:
            actions.beat(look_id=shown.look_id, actor=anna, at=begins + 48 * MINUTE)
    with pytest.raises(LookIsOver) as over:
        actions.beat(look_id=shown.look_id, actor=anna, at=begins + 48 * MINUTE)
    assert over.value.why is WhyNot.DAY_IS_OVER
    at = now + 5 * timedelta(hours=1, minutes=5)
    with pytest.raises(MayNotLook) as caught:
        actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=at)
    assert why(caught) is WhyNot.DAY_IS_OVER
    ben = person("ben")
    actions.look(subject=subject, step=Veil.BLUR, actor=ben, at=at)


def test_two_windows_are_no_second_pair_of_hours(
    subject: Subject, sites: Sites, anna: Actor, now: datetime
) -> None:
    """A second window ends what is on the first, and the first learns it with its next beat."""
    other = Subject(2, "T-2026-000002", sites.put(OTHER), taken=True)
    found = in_threads(
        *(
            lambda one=one: actions.look(subject=one, step=Veil.BLUR, actor=anna, at=now)
            for one in (subject, other)
        )
    )
    assert not [one for one in found if isinstance(one, Exception)]
    assert Look.objects.filter(ended_at=None).count() == 1
    ended = Look.objects.exclude(ended_at=None).get()
    with pytest.raises(LookIsOver) as over:
        actions.beat(look_id=ended.pk, actor=anna, at=now + 5 * SECOND)
    assert over.value.why is None


def test_ending_the_mandate_takes_the_picture_away(
    subject: Subject, anna: Actor, now: datetime
) -> None:
    look_id = down_to(Veil.BLUR, subject, anna, now)
    actions.end_mandate(actor=MANAGER, at=now + SECOND)
    with pytest.raises(LookIsOver) as over:
        actions.beat(look_id=look_id, actor=anna, at=now + 5 * SECOND)
    assert over.value.why is WhyNot.NO_MANDATE
    with pytest.raises(NothingInForce):
        actions.end_mandate(actor=MANAGER, at=now + SECOND)


def test_nobody_keeps_anothers_look_alive(subject: Subject, anna: Actor, now: datetime) -> None:
    look_id = down_to(Veil.BLUR, subject, anna, now)
    with pytest.raises(LookIsOver):
        actions.beat(look_id=look_id, actor=person("ben"), at=now + SECOND)
    actions.end_look(look_id=look_id, actor=person("cem"), at=now + SECOND)
    actions.beat(look_id=look_id, actor=anna, at=now + SECOND)


def test_who_opts_out_is_shown_nothing_and_asked_nothing(
    subject: Subject, anna: Actor, now: datetime
) -> None:
    look_id = down_to(Veil.BLUR, subject, anna, now)
    actions.opt_out(actor=anna, at=now + SECOND)
    actions.opt_out(actor=anna, at=now + 2 * SECOND)
    with pytest.raises(LookIsOver):
        actions.beat(look_id=look_id, actor=anna, at=now + 5 * SECOND)
    with pytest.raises(MayNotLook) as caught:
        actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=now + MINUTE)
    assert why(caught) is WhyNot.OPTED_OUT
    actions.opt_in(actor=anna, at=now + MINUTE)
    actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=now + MINUTE)
    assert AuditRow.objects.filter(action="viewing.opt_out").count() == 1


def test_the_end_of_a_shift_is_asked_of_whoever_keeps_the_hours(
    subject: Subject, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shifts, "_told", [None])
    actions.use_shifts(lambda who, at: now + 20 * MINUTE if who == anna.text else None)
    with pytest.raises(MayNotLook) as caught:
        actions.look(subject=subject, step=Veil.BLUR, actor=anna, at=now)
    assert why(caught) is WhyNot.SHIFT_ENDS


def test_the_ledger_is_counted_for_each_person_and_for_the_house(
    subject: Subject, sites: Sites, anna: Actor, now: datetime
) -> None:
    down_to(Veil.PLAIN, subject, anna, now)
    actions.look(subject=subject, step=Veil.PLAIN, actor=anna, at=now + SECOND)
    ben = person("ben", Role.SECOND_REVIEWER)
    other = Subject(2, "T-2026-000002", sites.put(OTHER), taken=True)
    down_to(Veil.BLUR, other, ben, now)

    later = now + timedelta(hours=1)
    everybody = queries.exposures(since=now, until=later, at=later)
    assert [(p.who, p.items, p.looks, p.repeats, p.plain) for p in everybody] == [
        ("anna", 1, 6, 1, 2),
        ("ben", 1, 1, 0, 0),
    ]
    mine = queries.exposure(anna, since=now, until=later, at=later)
    assert (mine.looks, mine.allowance is not None) == (6, True)
    told = queries.headline(since=now, until=later, confirmed=2)
    assert (told.looks, told.items_looked_at, told.per_confirmed) == (7, 2, 3.5)
    assert queries.headline(since=now, until=later, confirmed=0).per_confirmed is None
    assert queries.has_looked(1, actor=anna)
    assert not queries.has_looked(1, actor=ben)


@pytest.mark.parametrize("basis", ["", " ", "x" * 3_000])
def test_a_mandate_names_its_basis(basis: str, now: datetime) -> None:
    with pytest.raises(MandateRefused, match="basis"):
        actions.state_mandate(basis=basis, until=None, actor=MANAGER, at=now)
    with pytest.raises(MandateRefused, match="past"):
        actions.state_mandate(basis="law", until=now, actor=MANAGER, at=now)


def test_a_mandate_ends_by_itself(now: datetime) -> None:
    actions.state_mandate(basis="law", until=now + MINUTE, actor=MANAGER, at=now)
    assert queries.viewing_is_on(at=now)
    assert not queries.viewing_is_on(at=now + MINUTE)
    assert queries.in_force(at=now + MINUTE) is None
    assert len(queries.mandates()) == 1


def test_no_byte_of_a_picture_or_of_what_was_shown_is_on_the_disk(
    sites: Sites, anna: Actor, now: datetime, data_folder: Path
) -> None:
    needle = needles.fresh()
    began = time.time() - 1
    subject = Subject(5, "T-2026-000005", sites.put(LANDSCAPE + needle), taken=True)
    pictures = [
        actions.look(subject=subject, step=veil, actor=anna, at=now).picture for veil in Veil
    ]
    wanted = [needles.Needle("own", needle), *needles.slices_of("landscape", LANDSCAPE)]
    for number, picture in enumerate(pictures):
        wanted += needles.slices_of(f"shown {number}", picture)
        assert needle not in picture
    changed = needles.files_changed_since(Path(gettempdir()), began)
    found = needles.search(wanted, [*needles.files_below(data_folder), *changed])
    assert found.spots == ()
    assert found.searched > 0
