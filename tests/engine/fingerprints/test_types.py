"""What a fingerprint says of itself."""

import dataclasses

import pytest

from tests.engine.media.drawn import picture, saved
from tocsin.engine import Fingerprints, Status, fingerprint


def test_the_text_form_shows_no_hash() -> None:
    found = fingerprint(saved(picture(), "PNG"))
    assert found.pdq is not None
    for secret in (found.md5, found.sha1, found.sha256, found.pdq):
        assert secret.hex() not in repr(found)
        assert repr(secret) not in repr(found)
    assert "320x240" in repr(found)


@pytest.mark.parametrize("status", Status)
def test_only_ok_and_partial_may_match_by_a_near_hash_alone(status: Status) -> None:
    found = dataclasses.replace(fingerprint(saved(picture(), "PNG")), status=status)
    assert found.near_matchable == (status in {Status.OK, Status.PARTIAL})
    assert not dataclasses.replace(found, pictures=()).near_matchable


def test_fingerprints_cannot_be_changed() -> None:
    found: Fingerprints = fingerprint(b"")
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(found, "status", Status.OK)  # noqa: B010 - a plain assignment would not type-check
