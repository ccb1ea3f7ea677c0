"""Where keys for an object store come from."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from tocsin.site.sweeping.bucket import Bucket
from tocsin.site.sweeping.credentials import NoCredentials, Profile

FILE = """
[default]
aws_access_key_id = DEFAULT
aws_secret_access_key = one%secret
[archive]
aws_access_key_id = ARCHIVE
aws_secret_access_key = two
aws_session_token = token
"""


def test_the_environment_counts_first(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(FILE)
    assert Profile().credentials().key_id == "AKIDEXAMPLE"


def test_a_profile_that_is_named_counts_before_the_environment(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(FILE)
    key = Profile("archive").credentials()
    assert (key.key_id, key.secret, key.session_token) == ("ARCHIVE", "two", "token")


def test_without_keys_in_the_environment_the_default_profile_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").write_text(FILE)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert Profile().credentials().secret == "one%secret"
    monkeypatch.setenv("AWS_PROFILE", "archive")
    assert Profile().credentials().key_id == "ARCHIVE"


def test_the_region_is_that_of_the_environment_or_of_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Profile().region() is None
    (tmp_path / "config").write_text("[profile archive]\nregion = eu-north-1\n")
    assert Profile("archive").region() == "eu-north-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert Profile("archive").region() == "eu-west-1"


def test_no_key_is_said_so_with_where_to_put_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(NoCredentials, match=r"\[default\]"):
        Profile().credentials()
    with pytest.raises(NoCredentials, match=r"\[archive\]"):
        Profile("archive").credentials()


def test_a_broken_file_is_said_so_without_its_lines(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("aws_secret_access_key = do-not-tell\n")
    with pytest.raises(NoCredentials) as told:
        Profile("archive").credentials()
    assert "do-not-tell" not in str(told.value)


def test_no_secret_travels_in_the_plan() -> None:
    bucket = Bucket(name="b", prefix="", profile=Profile("archive"))
    bucket.profile.region()
    assert b"a-secret-of-tests" not in pickle.dumps(bucket)
    assert "a-secret-of-tests" not in repr(bucket)
