"""How fast each format of lists is read, by itself: cutting, reading and checking, no database.

Usage: python -m benchmarks.list_formats [--entries 200000] [--one vics-2.0] [--keep]

Writes a list of random entries (md5, sha1 and PhotoDNA or PDQ) in every format into a temporary
folder and reads it as an import does, in a process of its own each, so that peak memory is its
own too. `cut` is finding the records alone, `read` with making of each what goes into the tables,
`carried` with all that its source said, as `tocsin lists convert` does. Also the readers of
known-good digests. JSON files are one line. `--keep` writes results/list-formats.json.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import keep, print_machine

NCMEC = "https://hashsharing.ncmec.org/hashsharing/v2"
VICS_2_0 = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media"
VICS_1_2 = "http://github.com/ICMEC/ProjectVic/DataModels/1.2.xml#Media"
ICSE = (
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;"
    "Number of submissions;File Available;Media Type;Baseline"
)
NSRL = '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"'
MAPPING = '[categories."2.0/Default"]\n1 = "A1"\n'
Made = tuple[int, str, str, str, str]


def main() -> None:
    """Write the files and read each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--one", default="", help="only this format")
    parser.add_argument("--keep", action="store_true", help="keep the result")
    parser.add_argument("--read", default="", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.read:
        print(json.dumps(measured(asked.one, Path(asked.read))))
        return
    print_machine("numpy", "msgspec")
    rows = {}
    with tempfile.TemporaryDirectory(prefix="tocsin-benchmark-") as folder:
        for name, write in WRITERS.items():
            if asked.one in {"", name}:
                path = Path(folder) / name
                write(path, asked.entries)
                rows[name] = _in_own_process(name, path, asked.entries)
                path.unlink()
    if asked.keep:
        keep("list-formats", {"entries": asked.entries, "formats": rows}, "numpy", "msgspec")


def entries(count: int) -> Iterator[Made]:
    """Number, md5, sha1, PhotoDNA, PDQ of random entries, always the same."""
    rng = np.random.default_rng(2026)
    for start in range(0, count, 10_000):
        for number in range(start, min(start + 10_000, count)):
            raw = rng.bytes(212)
            photodna = base64.b64encode(raw[36:180]).decode()
            yield number, raw[:16].hex(), raw[16:36].hex(), photodna, raw[180:].hex()


def _vics(path: Path, count: int, release: str = VICS_2_0, category: int = 1) -> None:
    def record(made: Made) -> str:
        number, md5, sha1, photodna, _ = made
        fields = {"MediaID": number, "Category": category, "MD5": md5.upper(), "SHA1": sha1.upper(),
                  "PhotoDNA": photodna, "MediaSize": 12_345, "VictimIdentified": False,
                  "OffenderIdentified": False, "IsDistributed": True, "Series": None,
                  "DateUpdated": "2023-06-07T02:31:49.8300Z"}  # fmt: skip
        return json.dumps(fields)

    key = "@odata.context" if release == VICS_2_0 else "odata.metadata"
    with path.open("w") as file:
        file.write(f'{{"{key}": "{release}", "value": [')
        for made in entries(count):
            file.write(("," if made[0] else "") + record(made))
        file.write("]}")


def _stopncii(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.write('{"hashRecords": [')
        for number, *_, pdq in entries(count):
            fields = {"lastModtimestamp": 1625175071, "hashValue": pdq, "hashStatus": "Active",
                      "caseNumbers": {"cc592711-7068-442f-b5d2-24d50d389751": "Active"},
                      "signalType": "ImagePDQ", "CSPFeedbacks": [
                          {"source": "X", "feedbackValue": "Blocked", "tags": ["y"]}]}  # fmt: skip
            file.write(("," if number else "") + json.dumps(fields))
        file.write(f'], "count": {count}, "hasMoreRecords": false}}')


def _ncmec(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.write(f'<?xml version="1.0"?><queryResult xmlns="{NCMEC}"><images>')
        for number, md5, sha1, photodna, _ in entries(count):
            file.write(
                '<image><member id="42">Example</member><timestamp>2017-10-24T15:00:00Z</timestamp>'
                f"<id>i{number}</id><classification>A1</classification><fingerprints><md5>{md5}"
                f"</md5><sha1>{sha1}</sha1><pdna>{photodna}</pdna></fingerprints></image>\n"
            )
        file.write("</images></queryResult>")


def _icse(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.write(f"{ICSE}\n")
        for number, md5, sha1, photodna, _ in entries(count):
            file.write(f"{md5};{sha1};{photodna};{number};yes;no;no;;3;no;Image;yes\n")


def _native(path: Path, count: int) -> None:
    with path.open("w") as file:
        for number, md5, sha1, photodna, _ in entries(count):
            prints = [{"algo": "md5", "value": md5}, {"algo": "sha1", "value": sha1},
                      {"algo": "photodna", "value": photodna}]  # fmt: skip
            fields = {"schema": "hash-entry/1", "entry_id": "", "source_entry_id": str(number),
                      "source": {"list_id": "x", "format": "native"}, "media_type": "image",
                      "status": "active", "fingerprints": prints}  # fmt: skip
            file.write(json.dumps(fields) + "\n")


def _nsrl2(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.write(f"{NSRL}\n")
        for number, md5, sha1, *_ in entries(count):
            told = f'"{sha1.upper()}","{md5.upper()}","00000000","file{number}.txt"'
            file.write(f'{told},12345,1,"362",""\n')


def _nsrl3(path: Path, count: int) -> None:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE FILE (sha256, sha1, md5, crc32, file_name, file_size)")
    database.executemany(
        "INSERT INTO FILE VALUES (?, ?, ?, '00000000', 'file.txt', 12345)",
        ((pdq.upper(), sha1.upper(), md5.upper()) for _, md5, sha1, _, pdq in entries(count)),
    )
    database.commit()
    database.close()


def _md5sum(path: Path, count: int) -> None:
    with path.open("w") as file:
        for number, md5, *_ in entries(count):
            file.write(f"{md5}  usr/share/icons/file{number}.png\n")


def _hashdeep(path: Path, count: int) -> None:
    with path.open("w") as file:
        file.write("%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n")
        for number, md5, _, _, pdq in entries(count):
            file.write(f"{number},{md5},{pdq},usr/share/icons/file{number}.png\n")


WRITERS: dict[str, Callable[[Path, int], None]] = {
    "native": _native,
    "icse-csv": _icse,
    "vics-2.0": _vics,
    "stopncii-v1": _stopncii,
    "ncmec-v2": _ncmec,
    "digests nsrl2": _nsrl2,
    "digests nsrl3": _nsrl3,
    "digests caid": lambda path, count: _vics(path, count, VICS_1_2, 8),
    "digests md5sum": _md5sum,
    "digests hashdeep": _hashdeep,
}


def _in_own_process(name: str, path: Path, count: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.list_formats", "--one", name, "--read", str(path)]
    told: dict[str, float] = json.loads(subprocess.check_output(command, text=True))
    megabytes = path.stat().st_size / 1e6
    rates = {what: round(count / seconds) for what, seconds in told.items() if what != "peak_mib"}
    shown = "  ".join(f"{what} {rate:>9,}/s" for what, rate in rates.items())
    print(f"{name:<18}{megabytes:>7.0f} MB  {shown}  peak {told['peak_mib']:.0f} MiB", flush=True)
    return {"megabytes": round(megabytes), "entries_per_second": rates,
            "peak_mib": round(told["peak_mib"])}  # fmt: skip


def measured(name: str, path: Path) -> dict[str, float]:
    """Seconds of processor time of each stage, and the peak of memory."""
    if name.startswith("digests "):
        from tocsin.engine.knowngood.digests import read_digests

        form = name.removeprefix("digests ")
        stages = {"read": _timed(lambda: sum(len(batch) for batch in read_digests(path, form)))}
    else:
        stages = _of_list(path)
    return {**stages, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _of_list(path: Path) -> dict[str, float]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tocsin.site.settings"
    os.environ["TOCSIN_DATA"] = str(path.with_suffix(".data"))
    import django

    django.setup(set_prefix=False)
    from tocsin.domain.hashlists import importing, lines
    from tocsin.domain.hashlists.formats.converting import ConvertRequest, Source, Tally
    from tocsin.domain.hashlists.models import HashList
    from tocsin.domain.hashlists.types import ImportRequest

    mapping = path.with_suffix(".toml")
    mapping.write_text(MAPPING)
    wanted = mapping if path.name.startswith("vics") else None
    request = ImportRequest(path, "x", mapping_path=wanted)
    purpose = "victim_submitted" if path.name.startswith("stopncii") else "illegal"
    opened = importing.open_file(request, HashList(slug="x", purpose=purpose))
    begin = opened.header_end, opened.header_lines

    def cut() -> int:
        with path.open("rb") as file:
            return sum(1 for _ in opened.rows(file, *begin))

    def read() -> int:
        with path.open("rb") as file:
            return sum(opened.reader.read(row.raw).digest != 0 for row in opened.rows(file, *begin))

    source = Source(ConvertRequest(path, path, "native"), lines.identify(path))
    stages = {"cut": _timed(cut), "read": _timed(read)}
    return {**stages, "carried": _timed(lambda: sum(1 for _ in source.read(Tally())))}


def _timed(do: Callable[[], int]) -> float:
    started = time.process_time()
    if not do():
        raise SystemExit("Nothing was read.")
    return time.process_time() - started


if __name__ == "__main__":
    main()
