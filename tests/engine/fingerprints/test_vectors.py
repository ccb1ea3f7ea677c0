"""The reference media that lie beside the repository, where they do."""

import csv
from pathlib import Path

import pytest

from tests.engine.media.drawn import distance_bits
from tocsin.engine import MediaOptions, Status, fingerprint
from tocsin.engine.fingerprints import Dialect
from tocsin.engine.media import Precision

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors"
TABLE = VECTORS / "EXPECTED_pdq.csv"
NOT_OK = {
    "pdq/misc-images/small.jpg": Status.FLAT,
    "pdq/misc-images/wee.jpg": Status.TOO_SMALL,
}


def _rows() -> list[dict[str, str]]:
    if not TABLE.is_file():
        return []
    with TABLE.open(newline="") as table:
        return list(csv.DictReader(table))


pytestmark = pytest.mark.skipif(
    not TABLE.is_file(),
    reason="the reference media (../shared/vectors) are not here; drawn pictures are tested anyway",
)


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["file"])
def test_every_reference_picture_has_its_expected_fingerprint(row: dict[str, str]) -> None:
    found = fingerprint((VECTORS / row["file"]).read_bytes())
    assert found.status is NOT_OK.get(row["file"], Status.OK)
    assert found.sha256.hex() == row["sha256"]
    assert (found.width, found.height) == (int(row["width"]), int(row["height"]))
    assert found.pdq_quality == int(row["pillow_rgb_quality"])
    # Asked for are 2 bits at quality 80 and above; ours are the same bits at every quality.
    assert distance_bits(found.pdq, bytes.fromhex(row["pillow_rgb_pdqhash"])) == 0


@pytest.mark.parametrize(
    "row", [row for row in _rows() if row["cpp_hash"]], ids=lambda row: row["file"]
)
def test_every_reference_picture_has_the_hash_of_metas_command_line_tool(
    row: dict[str, str],
) -> None:
    squashed = fingerprint((VECTORS / row["file"]).read_bytes()).pictures[0].pdq_512
    assert squashed is not None
    assert squashed.dialect is Dialect.NEAREST_512
    assert (squashed.value.hex(), squashed.quality) == (row["cpp_hash"], int(row["cpp_quality"]))


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["file"])
def test_a_query_is_a_few_bits_off_at_most(row: dict[str, str]) -> None:
    query = MediaOptions(precision=Precision.QUERY)
    found = fingerprint((VECTORS / row["file"]).read_bytes(), options=query)
    assert distance_bits(found.pdq, bytes.fromhex(row["pillow_rgb_pdqhash"])) <= 8
