"""Reads the package's own data files into structs; a wrong one fails at its first use."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TypeVar

import msgspec

T = TypeVar("T")

DATA = files("tocsin.domain.hashlists.classification") / "data"


def read_toml(name: str, kind: type[T]) -> T:
    """The file `name` under `data/` as `kind`; raises msgspec.ValidationError."""
    return msgspec.convert(tomllib.loads((DATA / name).read_text("utf-8")), kind)


def read_folder(name: str, kind: type[T]) -> list[T]:
    """Every file of a folder under `data/`, in the order of their names."""
    found = sorted(path.name for path in (DATA / name).iterdir() if path.name.endswith(".toml"))
    return [read_toml(f"{name}/{file}", kind) for file in found]
