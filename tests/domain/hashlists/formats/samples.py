"""Examples and made-up records for these tests; see examples/ORIGINS.md."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from tests.domain.hashlists.lists import value
from tocsin.domain.hashlists import queries
from tocsin.domain.hashlists.formats.converting import ConvertReport, ConvertRequest, convert
from tocsin.domain.hashlists.formats.xml_trees import read_tree
from tocsin.domain.hashlists.models import Entry
from tocsin.domain.hashlists.types import ImportReport

EXAMPLES = Path(__file__).parent / "examples"
ICSE = EXAMPLES / "icse-export.csv"
HASHKEEPER = EXAMPLES / "hashkeeper.hsh"
NCMEC = EXAMPLES / "ncmec-hashsharing-v2-queryResult.xml"
STOPNCII = EXAMPLES / "stopncii-v1-FetchHashes.json"
VICS_1_3 = EXAMPLES / "vics-1.3-hashset.json"
VICS_2_0 = EXAMPLES / "vics-2.0-hashset.json"
VICS_CASE = EXAMPLES / "vics-2.0-case.json"
DOCUMENTS = (ICSE, HASHKEEPER, NCMEC, STOPNCII, VICS_1_3, VICS_2_0, VICS_CASE)

HEAD_1_3 = '{"odata.metadata": "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media", '
MAPPING = """
[categories."1.3"]
1 = "A1"
2 = "B2"
5 = "not_listed"
[categories."2.0/Default"]
1 = "baseline"
none = "not_listed"
[categories."2.0/CUSTOM"]
none = ""
"""


def same(path: Path, out: Path, **changes: Any) -> ConvertReport:
    """Convert a file to its own format."""
    return convert(ConvertRequest(**{"path": path, "out": out, "to": "same", **changes}))


def meant(path: Path) -> object:
    """What a document says, whatever its spaces and the order of its keys."""
    raw = path.read_bytes()
    if path.suffix == ".json":
        return json.loads(raw.decode("utf-8-sig"), parse_float=str)
    if path.suffix == ".xml":
        return read_tree(raw)
    delimiter = ";" if path.suffix == ".csv" else ","
    return list(csv.reader(io.StringIO(raw.decode(), newline=""), delimiter=delimiter))


def media(**fields: Any) -> dict[str, Any]:
    """One record of a VICS 1.3 hash set."""
    return {"MediaID": 1, "Category": 1, "MD5": value("a", 16).upper(), **fields}


def hash_set(*records: object, head: str = HEAD_1_3) -> bytes:
    """A VICS hash set of such records; a string is written as it stands."""
    texts = [r if isinstance(r, str) else json.dumps(r) for r in records]
    return f'{head}"value": [{",".join(texts)}]}}'.encode()


def page(*entries: str, prefix: str = "") -> bytes:
    """A page of NCMEC entries, given as XML."""
    return (
        '<?xml version="1.0"?><queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">'
        f"<images>{prefix}{''.join(entries)}</images></queryResult>"
    ).encode()


def image(own_id: str, *, prints: str = "", member: str = "42", tag: str = "image") -> str:
    """One NCMEC entry as XML."""
    return (
        f'<{tag}><member id="{member}">M</member><timestamp>2017-10-24T15:00:00Z</timestamp>'
        f"<id>{own_id}</id>{prints}</{tag}>"
    )


def md5(word: str) -> str:
    """The fingerprints of an NCMEC entry: one MD5."""
    return f"<fingerprints><md5>{value(word, 16)}</md5></fingerprints>"


def records(*given: dict[str, Any]) -> bytes:
    """A page of StopNCII."""
    whole = {"count": len(given), "hasMoreRecords": False, "hashRecords": list(given)}
    return json.dumps(whole).encode()


def submitted(word: str, **fields: Any) -> dict[str, Any]:
    """One record of StopNCII."""
    return {
        "lastModtimestamp": 1625175071,
        "hashValue": value(word, 32),
        "hashStatus": "Active",
        "signalType": "ImagePDQ",
        **fields,
    }


def put(path: Path, raw: bytes) -> Path:
    """A file of these bytes."""
    path.write_bytes(raw)
    return path


def refused(report: ImportReport) -> list[tuple[int, str]]:
    """The first refused records, by number and reason."""
    return [(r.line, r.reason) for r in report.first_refusals]


def visible() -> set[str]:
    """Source ids of entries that count."""
    with queries.index_snapshot() as snapshot:
        ids = [int(i) for batch in snapshot.policies() for i in batch.ids]
    return set(Entry.objects.filter(pk__in=ids).values_list("source_entry_id", flat=True))
