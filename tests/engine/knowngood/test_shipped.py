"""The set that comes with Tocsin."""

from __future__ import annotations

import numpy as np
import pytest

from tocsin.engine.knowngood import Digest, KnownGoodSet, Maker, shipped, shipped_folder

MOST_BYTES = 7_000_000
KNOWN = {
    "leaflet's marker": "574c3a5cca85f4114085b6841596d62f00d7c892c7b03f28cbfa301deb1dc437",
    "silk's tick": "0a733b99fcd03c5e6359d0973a169bbfaf94485227437480d9c703bbe58e4b4c",
    "wordpress's spinner": "5c2d44038a6c53bd74f3a26e690c1974e1385fffbc6def4c59f91dc1f738f0b3",
}


@pytest.fixture(scope="module")
def known() -> KnownGoodSet:
    return shipped()


def test_it_is_whole_small_and_holds_nothing_but_fingerprints(known: KnownGoodSet) -> None:
    known.verify()
    files = {path.name: path.stat().st_size for path in shipped_folder().iterdir()}
    assert set(files) == {"manifest.json", *known.manifest.files}
    assert sum(files.values()) < MOST_BYTES
    assert known.manifest.keeps == Digest.MD5 | Digest.SHA1 | Digest.SHA256


@pytest.mark.parametrize("file", KNOWN)
def test_well_known_files_are_in_it(known: KnownGoodSet, file: str) -> None:
    row = np.frombuffer(bytes.fromhex(KNOWN[file]), np.uint8).reshape(1, 32)
    hits = known.ask(sha256=row)
    assert hits.kinds.tolist() == [Digest.SHA256]
    assert known.source(int(hits.sources[0])).name


def test_every_source_is_named_with_its_version(known: KnownGoodSet) -> None:
    sources = known.manifest.sources
    assert {source.maker for source in sources} == {Maker.DEBIAN, Maker.NPM, Maker.PYPI}
    assert all(source.name and source.version for source in sources)
    assert sum(1 for source in sources if source.licence) > 0.95 * len(sources)


def test_it_was_made_without_the_release_it_is_tried_on(known: KnownGoodSet) -> None:
    versions = {s.version for s in known.manifest.sources if s.name.startswith("wordpress")}
    assert versions
    assert all(version.startswith("6.1") for version in versions)
    assert not [s for s in known.manifest.sources if s.name.startswith("@wordpress/")]


def test_random_entries_are_not_in_it(known: KnownGoodSet) -> None:
    rng = np.random.default_rng(3)
    assert not known.ask(sha1=rng.integers(0, 256, (50_000, 20), dtype=np.uint8)).kinds.any()
    near = known.ask_near(rng.integers(0, 256, (2_000, 32), dtype=np.uint8))
    assert (near.bits == 255).all()
