"""Bags as BagIt wants them: its own library agrees, and a changed byte is found."""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import bagit  # type: ignore[import-untyped]
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from tocsin.base.secrets import sign, verify
from tocsin.domain.referrals import bag
from tocsin.domain.referrals.types import PackageDamaged

AT = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
PAYLOAD = {"report.json": b"{}", "notices/N-1.txt": "één\n".encode(), "custody.jsonl": b""}
INFO = {"Source-Organization": "Example Hotline", "External-Identifier": "P-1\nX: y"}


def signing(message: bytes) -> tuple[str, str]:
    return sign(settings.TOCSIN_KEYS.ring("referrals"), message)


def ours(message: bytes, key_id: str, signature: str) -> bool:
    ring = settings.TOCSIN_KEYS.ring("referrals")
    return verify(ring, message, key_id=key_id, signature=signature)


def packed() -> bytes:
    return bag.pack(PAYLOAD, INFO, at=AT, sign=signing)


def test_the_library_of_that_name_finds_the_bag_valid(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(packed())) as tar:
        tar.extractall(tmp_path, filter="data")
    found = bagit.Bag(str(tmp_path / "bag"))
    found.validate()
    assert found.info["Payload-Oxum"] == f"{sum(map(len, PAYLOAD.values()))}.3"
    assert found.info["External-Identifier"] == "P-1 X: y"


def test_what_goes_in_comes_out() -> None:
    assert bag.unpack(packed(), verify=ours) == PAYLOAD


def test_the_signature_of_another_is_refused() -> None:
    with pytest.raises(PackageDamaged, match="not that of this key"):
        bag.unpack(packed(), verify=lambda *_: False)


@given(st.data())
def test_no_changed_byte_goes_unnoticed(data: st.DataObject) -> None:
    whole = packed()
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        spans = [(entry.offset_data, entry.size) for entry in tar if entry.size]
    start, size = data.draw(st.sampled_from(spans))
    place = start + data.draw(st.integers(0, size - 1))
    changed = bytearray(whole)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(PackageDamaged):
        bag.unpack(bytes(changed), verify=ours)


@given(st.binary(max_size=2_000))
def test_what_is_no_bag_is_said_to_be_none(junk: bytes) -> None:
    with pytest.raises(PackageDamaged):
        bag.unpack(junk, verify=ours)


@given(st.integers(0, 20_000))
def test_a_bag_that_breaks_off_is_none(length: int) -> None:
    whole = packed()
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        end = max(entry.offset_data + entry.size for entry in tar)
    with pytest.raises(PackageDamaged):
        bag.unpack(whole[: min(length, end - 1)], verify=ours)


def test_two_files_of_one_name_are_refused() -> None:
    made = io.BytesIO(packed())
    with tarfile.open(fileobj=made, mode="a") as tar:
        entry = tarfile.TarInfo("bag/data/report.json")
        entry.size = 1
        tar.addfile(entry, io.BytesIO(b"x"))
    with pytest.raises(PackageDamaged, match="no file of a bag"):
        bag.unpack(made.getvalue(), verify=ours)
