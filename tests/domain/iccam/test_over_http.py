"""The client speaks real HTTP with an ICCAM on loopback, and tells every failure apart."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.base.egress.peer import certificate
from tests.domain.desk import UNLAWFUL, person
from tests.domain.iccam.scenes import URL, Clock, connect, judged
from tests.support import in_threads, run_worker_round
from tocsin.base.egress import Egress
from tocsin.domain.iccam import actions, client, credentials, due, queries, rules
from tocsin.domain.iccam.client import Client
from tocsin.domain.iccam.credentials import Keys
from tocsin.domain.iccam.models import Content, Link
from tocsin.domain.iccam.speaking import CallFailed, NotTaken
from tocsin.domain.iccam.types import (
    ActionType,
    Assessment,
    Classification,
    ContentType,
    LinkState,
    Listing,
    OutgoingContent,
    OutgoingReport,
    Reason,
    Told,
    Trouble,
    WrongTerms,
)
from tocsin.site.rehearsal.iccam import FakeIccam, Fault
from tocsin.site.rehearsal.iccam_server import serving

pytestmark = pytest.mark.server

KEYS = Keys("tocsin", "rehearsal")
BASELINE = Assessment(Classification.BASELINE)


def speaking(url: str, **changes: object) -> Client:
    told = {"keys": KEYS, "analyst": "api-user", "pause": lambda seconds: None, **changes}
    return Client(url, **told)  # type: ignore[arg-type]


def test_every_call_there_is(now: datetime) -> None:
    iccam = FakeIccam(clock=lambda: now)
    [number] = iccam.add(URL)
    with serving(iccam) as url:
        service = speaking(url)
        assert service.listed(Listing.UNASSIGNED, now, 200) == [number]
        content = service.content(number)
        assert (content.url, content.assigned_country, content.listed_at) == (URL, "NL", now)
        service.set_reference(number, "T-1 & more")
        service.set_site_type(content.report_number, 20)
        service.set_commerciality(content.report_number, 1)
        service.set_payment_methods(content.report_number, [1, 13])
        report = service.report(content.report_number)
        assert (report.site_type, report.commerciality, report.payment_methods) == (20, 1, (1, 13))
        service.assess(number, BASELINE)
        service.act(number, Told(ActionType.REPORTED_TO_ISP, now))
        service.act(number, Told(ActionType.UNAVAILABLE, now, Reason.LINK_EXPIRED))
        service.set_hosting(number, "192.0.2.1", "DE")
        service.assign(number, "DE")
        again = service.content(number)
        assert (again.assessment, again.actions) == (BASELINE, frozenset({2, 4}))
        assert (again.assigned_country, again.reference) == ("DE", "T-1 & more")
        filed = service.file(
            OutgoingReport(
                "R-1", now, 2, 1, (1,),
                (OutgoingContent(
                    "https://host.example/2", "R-1-1", "DE", "", "", True, ContentType.WEBSITE,
                    BASELINE,
                ),),
            )
        )  # fmt: skip
        assert filed.contents == (50_002,)
        service.close()
    assert not iccam.tokens
    assert iccam.refused == []


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        (Fault.BUSY, Trouble.BUSY),
        (Fault.BROKEN_BEFORE, Trouble.SERVER),
        (Fault.CUT, Trouble.UNREACHABLE),
        (Fault.NONSENSE, Trouble.BROKEN),
        (Fault.LATE, Trouble.TOO_SLOW),
    ],
)
def test_each_way_to_fail_is_told_apart(
    now: datetime, monkeypatch: pytest.MonkeyPatch, fault: Fault, trouble: Trouble
) -> None:
    iccam = FakeIccam(clock=lambda: now, faults=[(fault, "GET")], late_seconds=1.5)
    monkeypatch.setattr(client, "MOST_SECONDS", 0.7)
    with serving(iccam) as url, pytest.raises(CallFailed) as failed:
        speaking(url).content(1)
    assert failed.value.trouble is trouble
    assert failed.value.asked_wait == (120 if fault is Fault.BUSY else None)


def test_what_it_refuses_is_no_failure_of_the_whole(now: datetime) -> None:
    iccam = FakeIccam(clock=lambda: now)
    [number] = iccam.add(URL)
    with serving(iccam) as url:
        with pytest.raises(NotTaken):
            speaking(url).act(number, Told(ActionType.REMOVED, now))
        with pytest.raises(NotTaken):
            speaking(url).content(1)
        with pytest.raises(CallFailed) as failed:
            speaking(url, keys=Keys("tocsin", "wrong")).content(number)
    assert failed.value.trouble is Trouble.REFUSED
    with pytest.raises(CallFailed) as failed:
        speaking("http://127.0.0.1:1").content(number)
    assert failed.value.trouble is Trouble.UNREACHABLE


def test_a_token_that_is_over_is_asked_for_again(now: datetime) -> None:
    iccam = FakeIccam(clock=lambda: now)
    [number] = iccam.add(URL)
    with serving(iccam) as url:
        service = speaking(url)
        service.content(number)
        iccam.faults = [(Fault.LOGGED_OUT, "GET")]
        assert service.content(number).number == number


def test_it_keeps_the_pace_that_the_service_is_used_to(now: datetime) -> None:
    iccam, waits = FakeIccam(clock=lambda: now), list[float]()
    [number] = iccam.add(URL)
    with serving(iccam) as url:
        service = speaking(url, pause=waits.append)
        service.content(number)
        service.content(number)
    assert waits == [rules.AFTER_LOG_IN_SECONDS, *[rules.BETWEEN_CALLS_SECONDS] * 2]


def test_an_authority_of_its_own_is_trusted_and_no_other(now: datetime, tmp_path: Path) -> None:
    serves, trusts = certificate(tmp_path, "127.0.0.1")
    iccam = FakeIccam(clock=lambda: now)
    [number] = iccam.add(URL)
    with serving(iccam, serves) as url:
        trusted = Keys("tocsin", "rehearsal", trusts)
        assert speaking(url, keys=trusted).content(number).number == number
        with pytest.raises(CallFailed):
            speaking(url).content(number)


def write_keys(text: str, mode: int = 0o600) -> None:
    path = credentials.place()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def test_keys_are_read_from_their_file_and_others_may_not(tmp_path: Path) -> None:
    named = "username = 'a'\npassword = 'b'"
    for text, mode in (
        ("", 0o600),
        ("username = 'a'", 0o600),
        ("x = [", 0o600),
        (named, 0o644),
        (f"{named}\ncertificate = 'no.pem'", 0o600),
    ):
        write_keys(text, mode)
        with pytest.raises(CallFailed) as failed:
            credentials.read()
        assert failed.value.trouble is Trouble.NO_KEY
    write_keys("username = 'a'\npassword = 'b'")
    keys = credentials.read()
    assert (keys.username, keys.password, keys.tls) == ("a", "b", None)
    assert "'b'" not in repr(keys)


@pytest.mark.django_db(transaction=True)
def test_a_whole_case_by_http_with_the_workers_own_thread(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "BETWEEN_CALLS_SECONDS", 0.0)
    monkeypatch.setattr(rules, "AFTER_LOG_IN_SECONDS", 0.0)
    write_keys("username = 'tocsin'\npassword = 'rehearsal'")
    iccam = FakeIccam()
    [number] = iccam.add(URL)
    exchange = due.Exchange()
    with serving(iccam) as url:
        connect(now, url)
        exchange.look(now)
        exchange.wait()
        judged(number, now, UNLAWFUL, person("ada"))
        run_worker_round(now)
        Link.objects.update(next_try_at=now)
        exchange.look(now)
        exchange.wait()
    assert iccam.contents[number]["hotlineReference"]
    assert len(iccam.contents[number]["assessments"]) == 1
    view = queries.link()
    assert view is not None
    assert (view.state, view.waiting, view.dead) == (LinkState.WELL, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_one_round(now: datetime) -> None:
    iccam, clock = FakeIccam(clock=lambda: now), Clock(now)
    iccam.add(URL, f"{URL}.jpg")
    connect(now)
    with serving(iccam) as url:
        Link.objects.update(base_url=url)

        def once() -> object:
            return actions.do_round(clock=clock, service=speaking(url))

        results = in_threads(once, once, once)
    assert not [one for one in results if isinstance(one, Exception)]
    assert Content.objects.count() == 2
    assert len({row.item_number for row in Content.objects.all()}) == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "country"),
    [("http://iccam.example/", "NL"), ("ftp://iccam.example", "NL"), ("https://a@b.example", "NL"),
     ("https://iccam.example/?x", "NL"), ("https://iccam.example/", "Netherlands")],
)  # fmt: skip
def test_an_address_by_which_the_password_could_be_read_is_not_taken(
    now: datetime, url: str, country: str
) -> None:
    from tests.domain.desk import SYSTEM
    from tocsin.domain.iccam.types import LinkTerms

    with pytest.raises(WrongTerms):
        actions.connect(terms=LinkTerms(url, country, "a"), actor=SYSTEM, at=now)


def test_the_way_out_is_egress() -> None:
    assert isinstance(speaking("https://iccam.example").egress, Egress)
