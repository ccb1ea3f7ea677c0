"""The whole chain, step by step: from an upload to the notice, and back to the next upload."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Final

from tocsin.site.rehearsal import needles, traces
from tocsin.site.rehearsal.hoster import OWN_VISIT, Hoster
from tocsin.site.rehearsal.house import House, Opened, wait_for
from tocsin.site.rehearsal.mail import Letters, read_notice
from tocsin.site.rehearsal.people import Colleague
from tocsin.site.rehearsal.pictures import UPLOADS, Picture, never_seen, pictures
from tocsin.site.rehearsal.play import Play, in_time, must
from tocsin.site.rehearsal.provider import Provider, Told
from tocsin.site.rehearsal.web import ask

ON_THE_DESK_SECONDS: Final = 10.0
NOTICE_SECONDS: Final = 60.0
EFFECTIVE_SECONDS: Final = 1.0
ABUSE_DESK: Final = "abuse@rehearsal-hosting.example"
AUTHORITY: Final = "Rehearsal police, statement 1"
TWICE: Final = "2\N{MULTIPLICATION SIGN}"
PARTY: Final = "Rehearsal provider"


def rehearse(folder: Path, play: Play) -> None:
    """Play everything in a house below `folder`, and see that nothing is left of it.

    Raises Failed at the first thing that does not come out as it must.
    """
    since = time.time()
    house = House(folder)
    try:
        play.scene("A house of its own")
        with play.step("tocsin up --rehearsal"):
            opened = house.start()
        parts = Chain(house, play, opened)
        try:
            parts.run()
            _leave(house, play, parts, since)
        finally:
            parts.hoster.close()
    finally:
        house.kill()


def _leave(house: House, play: Play, parts: Chain, since: float) -> None:
    play.scene("What is left")
    pictures = [*parts.pictures.values(), parts.new]
    with play.step("nobody but the rehearsal asked the hoster for a picture"):
        must(parts.hoster.strangers == 0, f"{parts.hoster.strangers} requests came.")
    search = traces.Search(house.folder, pictures, parts.own_needle, since)
    search.run(play, "while it runs")
    traces.see_all_gone(play, house)
    search.run(play, "afterwards")
    traces.read_the_log(play, house, pictures, parts.hoster.place)


class Chain:
    """Everybody who plays a part, and the eight scenes in their order."""

    def __init__(self, house: House, play: Play, opened: Opened) -> None:
        self._house = house
        self._play = play
        self._links = opened.links
        self._provider = Provider(house.address, opened.key)
        self._analyst = Colleague(house.address)
        self._manager = Colleague(house.address)
        self.own_needle = needles.fresh()
        self.pictures = {picture.name: picture for picture in pictures(self.own_needle)}
        self.new = never_seen(self.pictures["unrelated/fjord.jpg"], needles.fresh())
        self.hoster = Hoster(house.data / "letters")
        self._mail = Letters(self.hoster)
        self._known = self.pictures["exact/harbour.jpg"]
        self._known_url = self.hoster.host(self._known.short_name, self._known.data)
        self._new_url = self.hoster.host("never-seen.jpg", self.new.data)

    def run(self) -> None:
        """Play all scenes. Raises Failed at the first thing that does not come out as it must."""
        self._come_in()
        self._ask()
        self._ask_from_the_command_line()
        known, new = self._reach_the_desk()
        self._send_a_notice(known)
        self._close_the_loop(new)
        self._take_it_back(new)
        self._verify_the_audit()

    def _come_in(self) -> None:
        self._play.scene("People and hosters")
        with self._play.step("an analyst and a manager come in: link, password, authenticator"):
            self._analyst.come_in(self._links["analyst"])
            self._manager.come_in(self._links["manager"])
        with self._play.step("the manager writes down who keeps the server on loopback"):
            self._manager.write_down_hoster(
                name="Rehearsal Hosting", place=self.hoster.place, email=ABUSE_DESK
            )

    def _ask(self) -> None:
        self._play.scene("A provider asks about uploads")
        with self._play.step("files to /v2/media") as step:
            for picture in self.pictures.values():
                told = self._provider.show(picture.data)
                _must_be(told.status, picture)
            counts = Counter(picture.expected for picture in self.pictures.values())
            step.note(", ".join(f"{number} {status}" for status, number in counts.items()))
        with self._play.step("the same by fingerprints to /v2/checks"):
            asked = list(self.pictures.values())
            for picture, told in zip(
                asked, self._provider.check([one.prints for one in asked]), strict=True
            ):
                _must_be(told.status, picture)
        with self._play.step("single hashes to /v1, the Dutch wire: true and false"):
            other = self.pictures["unrelated/moon.jpg"]
            must(self._provider.knows(self._known.prints.md5), "/v1 does not know a listed file.")
            must(not self._provider.knows(other.prints.md5), "/v1 knows a file that is unlisted.")

    def _ask_from_the_command_line(self) -> None:
        key = self._house.folder / "key"
        key.touch(mode=0o600)
        key.write_text((self._house.data / "rehearsal-key.txt").read_text("ascii"), "ascii")
        server = ["--server", self._house.address, "--key-file", str(key)]
        for text, more in (
            ("tocsin check, against the lists of this machine", ["--lists", "test"]),
            ("tocsin check --server, fingerprints only", server),
        ):
            with self._play.step(text) as step:
                done = self._house.command("check", "--json", *more, str(UPLOADS))
                must(done.returncode == 1, f"exit status {done.returncode}: {done.stderr[-300:]}")
                told = [json.loads(line) for line in done.stdout.splitlines()]
                for line in told:
                    name = Path(line["path"]).relative_to(UPLOADS).as_posix()
                    _must_be(line["status"], self.pictures[name])
                step.note(f"{len(told)} files, exit status 1: found")

    def _reach_the_desk(self) -> tuple[str, str]:
        self._play.scene("An analyst's desk")
        with self._play.step("a hit with an address opens an item") as step:
            [told] = self._provider.check([self._known.prints], [self._known_url])
            must(told.action == "block", f"a listed upload is answered with {told.action}.")
            step.note(f"{told.status}, {told.action}, independent sources: {told.sources}")
            took = wait_for(lambda: len(self._analyst.waiting()) == 1, ON_THE_DESK_SECONDS)
            step.note(in_time(took, ON_THE_DESK_SECONDS, "on the desk"))
            [known] = self._analyst.waiting()
        with self._play.step("the same upload again is counted on the same item"):
            self._provider.check([self._known.prints], [self._known_url])
            took = wait_for(lambda: TWICE in self._analyst.item(known).text, ON_THE_DESK_SECONDS)
            in_time(took, ON_THE_DESK_SECONDS, "the count")
            must(self._analyst.waiting() == [known], "a second item was opened for one address.")
        with self._play.step("a report of a picture on no list opens another") as step:
            self._provider.report(self._new_url, self.new.prints, "Found during a rehearsal.")
            [new] = set(self._analyst.waiting()) - {known}
            must("On no list." in self._analyst.item(new).text, "its page does not say so.")
            step.note(f"{known} and {new}")
        with self._play.step("the analyst takes both; the manager is told who has them"):
            for number in (known, new):
                first, second = self._analyst.item(number), self._manager.item(number)
                must(self._analyst.take(first) == 200, f"{number} could not be taken.")
                must(self._manager.take(second) == 409, f"{number} was taken twice.")
        return known, new

    def _send_a_notice(self, number: str) -> None:
        self._play.scene("Notice and takedown")
        with self._play.step("found unlawful, resting on the list that knows it") as step:
            self._analyst.find_unlawful(
                number, category="A1", ground="matched_list", detail="Rehearsal list"
            )
            step.note(self._arrives(self._known_url))
        with self._play.step(
            "the notice has what the DSA asks for, and XARF that is valid"
        ) as step:
            notice = read_notice(self._mail.about(self._known_url)[0], to=ABUSE_DESK)
            step.note(notice.subject)
        with self._play.step("the hoster removes the picture: 404"):
            must(_status(self._known_url) == 200, "the picture was not there to begin with.")
            self.hoster.remove(notice.url)
            must(_status(self._known_url) == 404, "the picture is still there.")

    def _close_the_loop(self, number: str) -> None:
        self._play.scene("The finding becomes an entry")
        with self._play.step("before the finding, the picture is on no list"):
            [told] = self._provider.check([self.new.prints])
            must(told.status == "not_listed", f"it is {told.status} already.")
        with self._play.step("found unlawful, as stated by an authority") as step:
            self._analyst.find_unlawful(
                number, category="B1", ground="stated_by_authority", detail=AUTHORITY
            )
            step.note(self._becomes("listed", "review"))
        with self._play.step("another file with the same pixels is near"):
            told = self._provider.show(self.pictures["unrelated/fjord.jpg"].data)
            must(told.status == "near", f"it is {told.status}.")
        with self._play.step("a second person agrees") as step:
            self._manager.agree(number)
            step.note(self._becomes("listed", "block"))
        with self._play.step("its notice leaves too") as step:
            step.note(self._arrives(self._new_url))

    def _take_it_back(self, number: str) -> None:
        self._play.scene("The finding was wrong")
        with self._play.step("the manager corrects it") as step:
            page = self._manager.correct(number, "A rehearsal of being wrong.")
            step.note(self._becomes("not_listed", "none"))
        with self._play.step("who had got the hit is written down") as step:
            must(PARTY in page.text, "the item's page does not name who had been told.")
            step.note(PARTY)
        with self._play.step("the hoster is told") as step:
            took = wait_for(lambda: len(self._mail.about(self._new_url)) == 2, NOTICE_SECONDS)
            step.note(in_time(took, NOTICE_SECONDS, "the withdrawal arrived"))

    def _verify_the_audit(self) -> None:
        self._play.scene("Audit")
        heads = self._house.data / "outside" / "audit-heads.jsonl"
        with self._play.step("signed heads lie outside the database") as step:
            must(heads.exists(), "no head was pushed.")
            step.note(f"{len(heads.read_text('utf-8').splitlines())} pushed")
        with self._play.step("tocsin audit verify") as step:
            done = self._house.command("audit", "verify", "--heads", str(heads))
            must(done.returncode == 0, f"{done.stdout[-300:]}{done.stderr[-300:]}")
            step.note(done.stdout.splitlines()[0].rstrip("."))

    def _arrives(self, url: str) -> str:
        took = wait_for(lambda: bool(self._mail.about(url)), NOTICE_SECONDS)
        return in_time(took, NOTICE_SECONDS, "the notice arrived")

    def _becomes(self, status: str, action: str) -> str:
        wanted = Told(status, action, None, None)
        took = self._provider.until(self.new.prints, wanted, 10 * EFFECTIVE_SECONDS)
        return in_time(took, EFFECTIVE_SECONDS, f"/v2/checks says {status}, {action}")


def _must_be(status: str, picture: Picture) -> None:
    must(status == picture.expected, f"{picture.name} is {status}, and not {picture.expected}.")


def _status(url: str) -> int:
    return ask("GET", url, headers={OWN_VISIT: "yes"}).status
