"""What a rehearsal must not leave behind: bytes of pictures, hashes in logs, processes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from tocsin.site.rehearsal import needles
from tocsin.site.rehearsal.house import House, wait_for
from tocsin.site.rehearsal.pictures import Picture
from tocsin.site.rehearsal.play import Play, must

SHARED_PLACES: Final = ("/var/tmp", "/dev/shm")  # noqa: S108 - searched, not written to
GONE_WITHIN_SECONDS: Final = 5.0


def search_the_disk(
    play: Play, house: House, pictures: Iterable[Picture], since: float, when: str
) -> None:
    """Look for every needle in all that this house wrote, and for this run's own elsewhere."""
    pictures = list(pictures)
    with play.step(f"no byte of a picture on disk {when}") as step:
        everything = [needle for picture in pictures for needle in picture.needles]
        inside, spots = needles.search(everything, needles.files_below(house.folder))
        own = [needle for picture in pictures for needle in picture.own_needle]
        outside, more = needles.search(own, _written_elsewhere(house.folder, since))
        found = [f"{spot.file} ({spot.where})" for spot in (*spots, *more)]
        must(not found, f"bytes of pictures lie in: {'; '.join(found[:5])}.")
        step.note(f"{len(everything)} needles, raw, hex and base64, in {inside} + {outside} files")


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


def _written_elsewhere(folder: Path, since: float) -> Iterator[Path]:
    places = {Path(tempfile.gettempdir()), *map(Path, SHARED_PLACES)}
    written = chain.from_iterable(needles.files_changed_since(place, since) for place in places)
    return (path for path in written if not path.is_relative_to(folder))
