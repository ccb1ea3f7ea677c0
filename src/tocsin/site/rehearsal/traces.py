"""What a rehearsal must not leave behind: bytes of pictures, hashes in logs, processes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tocsin.site.rehearsal import needles
from tocsin.site.rehearsal.house import House, wait_for
from tocsin.site.rehearsal.needles import Needle
from tocsin.site.rehearsal.pictures import Picture
from tocsin.site.rehearsal.play import Play, must

SHARED_PLACES: Final = ("/var/tmp", "/dev/shm")  # noqa: S108 - searched, not written to
GONE_WITHIN_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched for, and where.

    Every needle in all that this house wrote, below `folder`. The run's own one, which no file
    could hold before, also in what anybody wrote to shared places since: the needles that ship with
    the pictures may lie there for other reasons.
    """

    folder: Path
    pictures: Sequence[Picture]
    own: bytes
    since: float

    def run(self, play: Play, when: str) -> None:
        """Search once. Raises Failed when a needle is found."""
        with play.step(f"no byte of a picture on disk {when}") as step:
            own = Needle("this run", self.own)
            wanted = [own, *(needle for one in self.pictures for needle in one.needles)]
            inside = needles.search(wanted, needles.files_below(self.folder))
            elsewhere = needles.search([own], self._written_elsewhere())
            spots = [f"{spot.file} ({spot.where})" for spot in (*inside.spots, *elsewhere.spots)]
            must(not spots, f"bytes of pictures lie in: {'; '.join(spots[:5])}.")
            must(inside.left_out == 0, f"{inside.left_out} files could not be searched.")
            step.note(f"{len(wanted)} needles, raw, hex and base64, in {inside.searched} files")
            step.note(f"one in {elsewhere.searched} files of shared places")
            if elsewhere.left_out:
                step.note(f"{elsewhere.left_out} there too large or gone")

    def _written_elsewhere(self) -> Iterator[Path]:
        for place in {Path(tempfile.gettempdir()), *map(Path, SHARED_PLACES)}:
            for path in needles.files_changed_since(place, self.since):
                if not path.is_relative_to(self.folder):
                    yield path


def read_the_log(play: Play, house: House, pictures: Iterable[Picture], place: str) -> None:
    """No hash and no address of an item in any log line."""
    with play.step("no hash and no address in any log line") as step:
        log = house.log.read_text("utf-8", "replace")
        for picture in pictures:
            known = picture.prints
            values = (known.md5, known.sha1, known.sha256, known.pdq or known.md5)
            must(
                not any(value.hex() in log.lower() for value in values),
                f"a log line holds a hash of {picture.name}.",
            )
        must(f"{place}/photos" not in log, "a log line holds the address of an item.")
        step.note(f"{len(log.splitlines())} lines")


def see_all_gone(play: Play, house: House) -> None:
    """Stop the house as Ctrl-C does, and see that nothing of it runs on."""
    with play.step("Ctrl-C stops everything") as step:
        running = len(house.running())
        status = house.stop()
        must(status == 0, f"it stopped with exit status {status}.")
        took = wait_for(lambda: not house.running(), GONE_WITHIN_SECONDS)
        must(took is not None, f"these processes were left behind: {house.running()}.")
        step.note(f"{running} processes gone")
