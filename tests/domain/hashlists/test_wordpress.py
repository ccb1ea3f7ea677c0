"""Known-good sets from what wordpress.org says its files are; the site is played on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.base.egress.peer import Handler, Outside, certificate, serving
from tests.domain.hashlists.known_sets import listed
from tests.domain.hashlists.lists import ACTOR, bring, make, value, write
from tocsin.base.audit.models import AuditRow
from tocsin.base.egress import Egress
from tocsin.domain.hashlists import actions, due, known, queries
from tocsin.domain.hashlists.actions import NotPulled, Puller
from tocsin.domain.hashlists.models import Entry, Quarantine
from tocsin.domain.hashlists.types import EntryStatus, SetState
from tocsin.site.cli import main

pytestmark = [pytest.mark.django_db, pytest.mark.server]

API, DOWNLOADS = "api.wordpress.org", "downloads.wordpress.org"
OFFERS = "/core/version-check/1.7/"


def core(version: str) -> str:
    return f"/core/checksums/1.0/?version={version}&locale=en_US"


@dataclass
class WordPress:
    """What the site answers by path; 404 to all else. `asked` is what it was asked."""

    pages: dict[str, object] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def reply(self, request: Handler) -> None:
        self.asked.append(request.path)
        told = self.pages.get(request.path)
        if told is None:
            request.give(404)
            return
        request.give(body=told if isinstance(told, bytes) else json.dumps(told).encode())

    @contextmanager
    def serving(self, folder: Path) -> Iterator[Puller]:
        server, trusting = certificate(folder, API, DOWNLOADS)
        with serving(self.reply, tls=server) as peer:
            names = {name: [["8.8.8.8"]] for name in (API, DOWNLOADS)}
            outside = Outside(names=names, port=peer.port)
            yield Puller(Egress(resolve=outside.resolve, dial=outside.dial, tls=trusting))


@pytest.fixture
def site() -> WordPress:
    """Two releases, of which the newer has a photograph more; and a plugin."""
    older = {"wp-admin/images/logo.png": value("logo", 16)}
    newer = {**older, "wp-content/themes/twentytwentyfive/photo.webp": value("photo", 16)}
    plugin = {"img/icon.png": {"md5": value("icon", 16), "sha256": value("icon", 32)}}
    return WordPress(
        {
            OFFERS: {"offers": [{"version": "6.8.1"}, {"version": "6.8.1"}, {"version": "6.7.2"}]},
            core("6.8.1"): {"checksums": newer},
            core("6.7.2"): {"checksums": older},
            "/plugins/info/1.0/akismet.json": {"version": "5.4"},
            "/plugin-checksums/akismet/5.4.json": {"files": plugin},
        }
    )


def pull(puller: Puller, at: datetime, *plugins: str) -> actions.Pulled:
    return actions.pull_wordpress(puller=puller, releases=(), plugins=plugins, actor=ACTOR, at=at)


def test_what_is_published_holds_back_by_what_it_has_and_cancels_no_sha(
    site: WordPress, tmp_path: Path, now: datetime
) -> None:
    with site.serving(tmp_path) as puller:
        pulled = pull(puller, now, "akismet")
    assert pulled.fresh == ("core-6.8.1", "core-6.7.2", "plugin-akismet-5.4")
    assert pulled.sets == {"wordpress-releases": 3, "wordpress-plugins": 1}
    assert {view.name: view.state for view in queries.known_sets()} == {
        "shipped": SetState.ASKED,
        "wordpress-releases": SetState.ASKED,
        "wordpress-plugins": SetState.ASKED,
    }

    make(now)
    bring(
        write(
            tmp_path / "list",
            listed("photo", md5="photo"),
            listed("photo and sha", md5="photo", sha256="another"),
            listed("icon", sha256="icon"),
            listed("other", md5="other"),
        ),
        now,
    )

    aside = Entry.objects.filter(status=EntryStatus.QUARANTINED.number)
    assert set(aside.values_list("source_entry_id", flat=True)) == {"photo", "icon"}
    [why] = Quarantine.objects.filter(entry__source_entry_id="photo")
    assert (why.known_set, why.source) == ("wordpress-releases", "WordPress 6.8.1")


def test_a_list_that_is_here_is_not_asked_for_again(
    site: WordPress, tmp_path: Path, now: datetime
) -> None:
    with site.serving(tmp_path) as puller:
        pull(puller, now)
        version, asked = known.version(), len(site.asked)
        assert pull(puller, now) == actions.Pulled((), 0, {})
        assert site.asked[asked:] == [OFFERS]
        assert known.version() == version

        site.pages[OFFERS] = {"offers": [{"version": "6.9"}]}
        site.pages[core("6.9")] = {"checksums": {"new.png": value("new", 16), "odd": "x"}}
        newer = pull(puller, now)
    # The older releases stay known.
    assert (newer.fresh, newer.refused) == (("core-6.9",), 1)
    assert newer.sets == {"wordpress-releases": 4}
    assert AuditRow.objects.filter(action="hashlists.pull_wordpress").count() == 2


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (OFFERS, None),
        (OFFERS, b"{"),
        (OFFERS, {"offers": []}),
        (OFFERS, {"offers": [{"version": "../../secret"}]}),
        (OFFERS, {"offers": [{"version": 7}, 8]}),
        (OFFERS, [1]),
        (core("6.7.2"), None),
        (core("6.7.2"), {"checksums": False}),
        (core("6.7.2"), {"checksums": {}}),
        (core("6.7.2"), b"[" * 100_000),
        ("/plugins/info/1.0/akismet.json", {"error": "Plugin not found."}),
        ("/plugin-checksums/akismet/5.4.json", b"<html>"),
    ],
)
def test_what_cannot_be_used_is_told_and_what_came_before_is_kept(
    site: WordPress, tmp_path: Path, now: datetime, page: str, told: object
) -> None:
    site.pages[page] = told
    with site.serving(tmp_path) as puller, pytest.raises(NotPulled) as failed:
        pull(puller, now, "akismet")
    assert "secret" not in str(failed.value)
    assert not known.folder_of_sets().exists()
    kept = sorted(path.name for path in tmp_path.glob("data/known-good-lists/wordpress/*"))
    asked_first = {OFFERS, "/plugins/info/1.0/akismet.json"}
    assert kept[-1:] == ([] if page in asked_first else ["core-6.8.1.json"])


def test_a_pull_that_stopped_half_way_is_made_up_for(
    site: WordPress, tmp_path: Path, now: datetime
) -> None:
    older = site.pages.pop(core("6.7.2"))
    with site.serving(tmp_path) as puller:
        with pytest.raises(NotPulled):
            pull(puller, now)
        site.pages[core("6.7.2")] = older
        site.pages[OFFERS] = {"offers": [{"version": "6.8.1"}]}
        assert pull(puller, now).sets == {"wordpress-releases": 2}


@pytest.mark.parametrize("name", ["../x", "", "A", "a/b", "x" * 101])
def test_a_plugin_of_no_such_name_is_not_asked_for(
    site: WordPress, tmp_path: Path, now: datetime, name: str
) -> None:
    with site.serving(tmp_path) as puller, pytest.raises(NotPulled):
        actions.pull_wordpress(puller=puller, releases=None, plugins=[name], actor=ACTOR, at=now)
    assert site.asked == []


def test_a_worker_asks_only_where_the_settings_say_so(
    site: WordPress, tmp_path: Path, now: datetime, settings: Settings
) -> None:
    with site.serving(tmp_path) as puller:
        job = due.PullsWordpress(puller)
        job.look(now)
        job.wait()
        assert site.asked == []

        settings.TOCSIN_WORDPRESS = ["akismet"]
        pulled = actions.pull_wordpress(
            puller=puller, releases=None, plugins=["akismet"], actor=ACTOR, at=now
        )
        assert pulled.fresh == ("plugin-akismet-5.4",)
        assert OFFERS not in site.asked


def test_the_command_says_what_was_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lists", "wordpress", "--release", "six"]) == 2
    assert "no name or version" in capsys.readouterr().err
