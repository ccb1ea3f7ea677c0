"""A visit from end to end: what is fetched, what is kept, and what never is."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import gettempdir

import pytest
from structlog.testing import capture_logs

from tests.domain.visits.scenes import (
    ABROAD,
    LANDSCAPE,
    MANAGER,
    may_fetch,
    out_to,
    prints_of,
)
from tests.support import in_threads, run_worker_round
from tocsin.base.audit.models import AuditRow
from tocsin.base.outbox import actions as outbox
from tocsin.base.outbox.types import News
from tocsin.domain.visits import actions, errands, queries, rules, ways
from tocsin.domain.visits.models import Errand, Evidence, Permit
from tocsin.domain.visits.types import (
    HOME,
    Agent,
    ContentKind,
    NothingInForce,
    Outcome,
    PermitRefused,
    Place,
    Standing,
    UnknownVisit,
)
from tocsin.site.cli import main
from tocsin.site.rehearsal import needles
from tocsin.site.rehearsal.sites import Removed, Shown, Sites

pytestmark = [pytest.mark.server, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module", autouse=True)
def decoders() -> Iterator[None]:
    """One pool for all of these: starting one takes longer than any of them."""
    yield
    ways.close_decoders()


@pytest.fixture
def sites(monkeypatch: pytest.MonkeyPatch, now: datetime) -> Iterator[Sites]:
    may_fetch(now)
    with out_to(Sites(31), monkeypatch) as world:
        yield world


def test_nothing_is_fetched_until_somebody_states_that_it_may_be(
    monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    with out_to(Sites(30), monkeypatch) as sites:
        url = sites.put(LANDSCAPE)
        found = actions.visit(url=url, at=now)
        assert (found.outcome, found.id) == (Outcome.NOT_FETCHED, None)
        assert sites.site(url).asked == 0
    assert not Evidence.objects.exists()


def test_a_picture_is_fetched_and_known_by_its_fingerprints(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE)
    found = actions.visit(url=url, at=now)

    assert (found.outcome, found.status, found.kind) == (Outcome.PRESENT, 200, ContentKind.PICTURE)
    (image,) = found.images
    assert (image.place, image.width, image.height) == (Place.ITSELF, 400, 300)
    assert rules.same_picture(image.fingerprints, prints_of(LANDSCAPE))
    assert found.remote_address == sites.address_of(found.final_host)
    assert found.id is not None
    assert queries.visit(found.id) == found


def test_a_page_becomes_a_tree_of_its_pictures(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE, Shown.GALLERY)
    found = actions.visit(url=url, at=now)

    assert found.kind is ContentKind.PAGE
    shown = [i for i in found.images if rules.same_picture(i.fingerprints, prints_of(LANDSCAPE))]
    assert [i.place for i in shown] == [Place.IMG]
    assert shown[0].url.endswith("raw=1")


def test_a_moved_file_is_followed_and_every_hop_is_on_file(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE, Shown.MOVED)
    found = actions.visit(url=url, at=now)
    assert (found.outcome, found.redirects) == (Outcome.PRESENT, 1)
    assert [found.final_url] == list(sites.site(url).moved_to.values())
    record = json.loads(queries.record(found.id or 0))
    assert [hop["status"] for hop in record["hops"]] == [302, 200]
    assert all(hop["resolved"] == [hop["address"]] for hop in record["hops"])


def test_another_vantage_sees_what_is_kept_from_this_one(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE, Shown.ONE_COUNTRY)
    here = actions.visit(url=url, at=now, vantage=HOME)
    there = actions.visit(url=url, at=now, vantage=ABROAD)
    assert (here.standing, there.standing) == (Standing.GONE, Standing.PRESENT)
    assert there.vantage == ABROAD


def test_another_agent_sees_what_is_kept_from_the_honest_one(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE, Shown.CLOAKED)
    found = actions.visit(url=url, at=now, agent=Agent("browser", "Mozilla/5.0 (X11)"))
    assert found.outcome is Outcome.PRESENT
    assert found.agent.name == "browser"


def test_the_honest_agent_says_who_we_are_and_where_to_complain() -> None:
    words = ways.user_agent(Agent("tocsin"))
    assert words.startswith("Tocsin/")
    assert "notices@hotline.example" in words
    assert "Mozilla" not in words


def test_what_is_looked_for_is_there_whatever_the_server_says(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE, Shown.WITH_404)
    assert actions.visit(url=url, at=now).outcome is Outcome.GONE_404
    known = prints_of(LANDSCAPE)
    assert actions.visit(url=url, at=now, known=known).outcome is Outcome.PRESENT


def test_a_stand_in_is_remembered(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE, removes=Removed.STAND_IN)
    sites.remove(url)
    assert actions.visit(url=url, at=now).outcome is Outcome.PLACEHOLDER
    again = actions.visit(url=url, at=now + timedelta(hours=1))
    assert again.signs == ("known_placeholder",)


def test_a_page_on_a_private_network_is_not_called(sites: Sites, now: datetime) -> None:
    for url in (
        "http://127.0.0.1/x",
        "http://10.0.0.1/x",
        "http://[::1]/x",
        "http://169.254.169.254/",
    ):
        assert actions.visit(url=url, at=now).outcome is Outcome.NO_ADDRESS
    for url in ("http://host.test:22/x", "http://abc.onion/x", "gopher://host.test/"):
        assert actions.visit(url=url, at=now).outcome is Outcome.REFUSED_ADDRESS


def test_visits_to_an_address_are_found_newest_first(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE)
    first = actions.visit(url=url, at=now)
    sites.remove(url)
    second = actions.visit(url=url, at=now + timedelta(hours=1))
    assert [v.id for v in queries.of_address(url.replace("http:", "https:"))] == [
        second.id,
        first.id,
    ]


def test_no_byte_of_a_picture_is_on_the_disk_and_no_address_in_the_log(
    sites: Sites, now: datetime, data_folder: Path, settings: object
) -> None:
    needle = needles.fresh()
    began = time.time() - 1
    url = sites.put(LANDSCAPE + needle, Shown.GALLERY)
    with capture_logs() as lines:
        found = actions.visit(url=url, at=now)
    assert any(image.fingerprints for image in found.images)

    wanted = [needles.Needle("own", needle), *needles.slices_of("landscape", LANDSCAPE)]
    files = [
        *needles.files_below(data_folder),
        *needles.files_changed_since(Path(gettempdir()), began),
    ]
    assert needles.search(wanted, files).spots == ()
    assert sites.site(url).host not in str(lines)


def test_what_is_kept_is_sealed(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE)
    actions.visit(url=url, at=now)
    row = Evidence.objects.get()
    told = str({field.name: getattr(row, field.name) for field in row._meta.fields})
    host = sites.site(url).host
    sha256 = prints_of(LANDSCAPE)[0].value.hex()
    assert host not in told
    assert sha256 not in told
    audits = str(list(AuditRow.objects.values()))
    assert host not in audits
    assert sha256 not in audits


def test_the_chain_holds_and_shows_what_was_changed(
    sites: Sites, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    url = sites.put(LANDSCAPE)
    for hour in range(4):
        actions.visit(url=url, at=now + timedelta(hours=hour))
    assert main(["evidence", "verify"]) == 0
    assert "4 records walked" in capsys.readouterr().out

    Evidence.objects.filter(number=2).update(outcome=Outcome.GONE_404)
    assert main(["evidence", "verify"]) == 1
    assert "evidence 2" in capsys.readouterr().out
    Evidence.objects.filter(number=2).update(outcome=Outcome.PRESENT)

    other = Evidence.objects.get(number=3)
    Evidence.objects.filter(number=2).update(digest=other.digest)
    assert queries.verify_chain().problem == "the link of evidence 2 is another one"


def test_a_missing_row_and_a_cut_tail_show(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE)
    for hour in range(3):
        actions.visit(url=url, at=now + timedelta(hours=hour))
    last = Evidence.objects.get(number=3)
    Evidence.objects.filter(number=3).delete()
    assert queries.verify_chain().problem == "evidence after number 2 is missing"
    last.save(force_insert=True)
    assert queries.verify_chain().sound
    Evidence.objects.filter(number=1).delete()
    assert queries.verify_chain().problem == "evidence 1 is missing"


def test_a_record_emptied_in_time_leaves_the_chain_whole(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE)
    first = actions.visit(url=url, at=now)
    actions.visit(url=url, at=now)
    Evidence.objects.filter(number=1).update(sealed_record="")
    verdict = queries.verify_chain()
    assert (verdict.sound, verdict.rows, verdict.emptied) == (True, 2, 1)
    left = queries.visit(first.id or 0)
    assert (left.outcome, left.url, left.images) == (Outcome.PRESENT, "", ())


def test_two_visits_at_once_hang_one_behind_the_other(sites: Sites, now: datetime) -> None:
    urls = [sites.put(LANDSCAPE) for _ in range(4)]
    found = in_threads(*(lambda url=url: actions.visit(url=url, at=now) for url in urls))
    assert not [one for one in found if isinstance(one, Exception)]
    verdict = queries.verify_chain()
    assert (verdict.sound, verdict.rows) == (True, 4)


def test_stopping_stops_the_next_request(sites: Sites, now: datetime) -> None:
    url = sites.put(LANDSCAPE)
    actions.stop(actor=MANAGER, at=now)
    assert actions.visit(url=url, at=now).outcome is Outcome.NOT_FETCHED
    with pytest.raises(NothingInForce):
        actions.stop(actor=MANAGER, at=now)


def test_a_permit_ends_by_itself(now: datetime) -> None:
    actions.permit(basis="law", until=now + timedelta(days=1), actor=MANAGER, at=now)
    assert queries.may_fetch(at=now)
    assert not queries.may_fetch(at=now + timedelta(days=1))


def test_a_new_statement_takes_the_place_of_the_old_one(now: datetime) -> None:
    actions.permit(basis="old law", until=None, actor=MANAGER, at=now)
    actions.permit(basis="new law", until=None, actor=MANAGER, at=now)
    held = queries.in_force(at=now)
    assert held is not None
    assert held.basis == "new law"
    assert Permit.objects.filter(ended_at=None).count() == 1


@pytest.mark.parametrize("basis", ["", "   ", "x" * 3_000])
def test_a_statement_without_a_basis_is_none(now: datetime, basis: str) -> None:
    with pytest.raises(PermitRefused, match="basis"):
        actions.permit(basis=basis, until=None, actor=MANAGER, at=now)


def test_a_statement_that_ended_before_it_began_is_none(now: datetime) -> None:
    with pytest.raises(PermitRefused, match="past"):
        actions.permit(basis="law", until=now, actor=MANAGER, at=now)


def test_an_unknown_visit_is_named_as_such() -> None:
    with pytest.raises(UnknownVisit):
        queries.visit(4)


def test_an_errand_is_made_once_and_told_of(
    sites: Sites, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[News] = []
    listeners = {"test": lambda news, at: told.append(news)}
    monkeypatch.setitem(outbox._consumers, errands.LOOKED, listeners)
    url = sites.put(LANDSCAPE)
    actions.ask(reference="item:1", url=url, at=now)
    actions.ask(reference="item:1", url=url, at=now)
    runner = errands.Runner(lambda u, at: actions.visit(url=u, at=at).id, lambda: now)
    runner.look(now)
    runner.wait()
    run_worker_round(now)

    (news,) = told
    visit_id = news.payload["visit_id"]
    assert news.payload["reference"] == "item:1"
    assert isinstance(visit_id, int)
    assert queries.visit(visit_id).outcome is Outcome.PRESENT
    assert not Errand.objects.exists()


def test_an_errand_waits_while_fetching_is_off(now: datetime) -> None:
    actions.ask(reference="item:1", url="http://host.test/a", at=now)
    pk = Errand.objects.get().pk
    errands.run(pk, lambda url, at: actions.visit(url=url, at=at).id, at=now)
    row = Errand.objects.get()
    assert (row.attempts, row.leased_until) == (0, None)
    assert row.due_at > now


def test_an_errand_that_always_fails_is_given_up(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[News] = []
    listeners = {"test": lambda news, at: told.append(news)}
    monkeypatch.setitem(outbox._consumers, errands.LOOKED, listeners)
    actions.ask(reference="item:1", url="http://host.test/a", at=now)
    pk = Errand.objects.get().pk

    def fails(url: str, at: datetime) -> int | None:
        raise RuntimeError("a decoder broke")

    for attempt in range(errands.MOST_ATTEMPTS):
        errands.run(pk, fails, at=now + attempt * errands.AGAIN_AFTER)
    run_worker_round(now + timedelta(days=1))
    assert [news.payload["visit_id"] for news in told] == [None]
    assert not Errand.objects.exists()


def test_two_workers_make_one_errand_once(now: datetime) -> None:
    actions.ask(reference="item:1", url="http://host.test/a", at=now)
    pk = Errand.objects.get().pk
    made: list[str] = []

    def visited(url: str, at: datetime) -> int | None:
        made.append(url)
        time.sleep(0.05)
        return None

    in_threads(*(lambda: errands.run(pk, visited, at=now) for _ in range(3)))
    assert len(made) == 1
