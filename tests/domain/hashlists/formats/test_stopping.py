"""Documents that stop before their end, and imports of them that are stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.domain.hashlists.formats.samples import (
    image,
    md5,
    page,
    put,
    records,
    refused,
    submitted,
    visible,
)
from tests.domain.hashlists.lists import ACTOR, bring, counts, make
from tests.support import child_environment
from tocsin.domain.hashlists import actions, importing
from tocsin.domain.hashlists.models import Entry, Fingerprint, ImportRun
from tocsin.domain.hashlists.types import ImportRequest, RunState

pytestmark = pytest.mark.django_db


class TestDocumentsThatBreakOff:
    """What is whole is staged, and nothing of it counts by itself."""

    def test_it_is_not_released_and_says_why(self, tmp_path: Path, now: datetime) -> None:
        make(now)
        path = put(tmp_path / "1.json", records(submitted("a"), submitted("b"))[:-60])

        report = bring(path, now)

        assert report.broken == "it breaks off behind record 1"
        assert report.state is RunState.READY
        assert counts(report) == (1, 0, 0, 0, 1)
        assert refused(report) == [(2, "the document stops here: it breaks off behind record 1")]
        assert visible() == set()

    def test_running_it_again_does_not_release_it_either(
        self, tmp_path: Path, now: datetime
    ) -> None:
        make(now)
        path = put(tmp_path / "1.xml", page(image("a", prints=md5("a")), image("b"))[:-70])

        bring(path, now)
        report = bring(path, now)

        assert report.resumed
        assert report.broken
        assert visible() == set()

    def test_whoever_looks_at_it_may_let_it_count(self, tmp_path: Path, now: datetime) -> None:
        make(now)
        path = put(tmp_path / "1.json", records(submitted("a"), submitted("b"))[:-60])
        report = bring(path, now)

        actions.release(run_id=report.run_id or 0, actor=ACTOR, at=now)

        assert len(visible()) == 1

    def test_it_may_be_said_beforehand(self, tmp_path: Path, now: datetime) -> None:
        make(now)
        path = put(tmp_path / "1.json", records(submitted("a"), submitted("b"))[:-60])

        assert bring(path, now, release_broken=True).state is RunState.RELEASED

    def test_a_dry_run_tells_the_same(self, tmp_path: Path, now: datetime) -> None:
        make(now)
        path = put(tmp_path / "1.json", records(submitted("a"), submitted("b"))[:-60])

        tried, done = bring(path, now, dry_run=True), bring(path, now)

        assert tried.broken == done.broken
        assert counts(tried) == counts(done)
        assert tried.first_refusals == done.first_refusals

    @pytest.mark.parametrize("raw", [
        records(submitted("a"), submitted("b")),
        page(image("a", prints=md5("a")), image("b", prints=md5("b"))),
    ], ids=["json", "xml"])  # fmt: skip
    def test_cut_off_at_any_byte_nothing_of_it_ever_counts(
        self, tmp_path: Path, now: datetime, raw: bytes
    ) -> None:
        make(now)
        name = "stopncii-v1" if raw.startswith(b"{") else "ncmec-v2"
        for stop in range(len(raw)):
            path = put(tmp_path / "cut", raw[:stop])
            try:
                report = bring(path, now, format=name, dry_run=True)
            except actions.UnusableFile:
                continue
            assert report.broken
            assert report.added <= 2
        assert not ImportRun.objects.exists()


def test_batches_of_a_document_are_gone_on_with(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "ROWS_AT_ONCE", {"sqlite": 5, "postgresql": 5})
    make(now)
    path = put(tmp_path / "1.json", records(*[submitted(f"e{n}") for n in range(20)]))
    told: list[int] = []

    def stop(progress: Any) -> None:
        told.append(progress.lines)
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        actions.import_file(request=ImportRequest(path, "test"), actor=ACTOR, at=now, progress=stop)
    assert 0 < Entry.objects.count() < 20

    report = bring(path, now)

    assert report.resumed
    assert counts(report) == (20, 0, 0, 0, 0)
    assert Fingerprint.objects.count() == 20


KILLED = textwrap.dedent(
    """
    import os, signal, sys
    import django
    django.setup(set_prefix=False)
    from datetime import datetime, UTC
    from pathlib import Path
    from tocsin.base.audit.types import system
    from tocsin.domain.hashlists import actions, importing
    from tocsin.domain.hashlists.types import ImportRequest

    importing.ROWS_AT_ONCE = {"sqlite": 40, "postgresql": 40}
    seen = []

    def die(progress):
        seen.append(progress)
        if len(seen) == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    request = ImportRequest(path=Path(sys.argv[1]), list_slug="test")
    actions.import_file(request=request, actor=system("test"), at=datetime.now(UTC), progress=die)
    """
)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("form", ["json", "xml"])
def test_a_killed_import_of_a_document_goes_on_where_it_stopped(
    tmp_path: Path, data_folder: Path, now: datetime, form: str
) -> None:
    make(now)
    words = [f"e{n}" for n in range(100)]
    if form == "json":
        raw = records(*[submitted(word) for word in words])
    else:
        raw = page(*[image(word, prints=md5(word)) for word in words])
    path = put(tmp_path / "list", raw)

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(path)],
        env=child_environment(data_folder),
        check=False,
    )

    assert killed.returncode == -signal.SIGKILL
    assert 0 < Entry.objects.count() < 100
    report = bring(path, now)
    assert report.resumed
    assert counts(report) == (100, 0, 0, 0, 0)
    assert Entry.objects.count() == 100
