"""No table can hold media, and every table says what it knows of people."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.apps import apps
from django.db import models

from tests.house.source import ROOT
from tocsin.base.privacy import PersonalData, Then
from tocsin.base.retention.queries import Table, tables
from tocsin.site.third_party import PERSONAL_DATA

LARGEST_FINGERPRINT_BYTES = 256
FINGERPRINTS = ["hashlists.Fingerprint.value", "hashlists.RememberedPrint.value"]
"""The binary fields there are. The second holds those of the first that people found wrong, so that
they are found by value: no field of another meaning belongs here."""

EVERY_MODEL = apps.get_models(include_auto_created=True)
OWN = [model for model in EVERY_MODEL if model.__module__.startswith("tocsin.")]
OTHERS = [model for model in EVERY_MODEL if model not in OWN]


def that_could_hold_media(own: Iterable[type[models.Model]]) -> list[str]:
    """Every field, by its full name, in which the bytes of a picture could be kept."""
    found = []
    for model in own:
        for field in model._meta.concrete_fields:
            name = f"{model._meta.label}.{field.name}"
            binary = isinstance(field, models.BinaryField)
            fingerprint = name in FINGERPRINTS and _is_short(field)
            if isinstance(field, models.FileField) or (binary and not fingerprint):
                found.append(name)
    return found


def _is_short(field: models.Field[object, object]) -> bool:
    return field.max_length is not None and field.max_length <= LARGEST_FINGERPRINT_BYTES


def test_no_table_can_hold_media() -> None:
    assert that_could_hold_media(EVERY_MODEL) == []


def test_the_binary_fields_are_fingerprints() -> None:
    binary = [
        f"{model._meta.label}.{field.name}"
        for model in EVERY_MODEL
        for field in model._meta.concrete_fields
        if isinstance(field, models.BinaryField)
    ]
    assert binary == FINGERPRINTS


@pytest.mark.parametrize(
    "field", [models.FileField(), models.ImageField(), models.BinaryField(max_length=64)]
)
def test_a_planted_field_for_media_is_caught(field: models.Field[object, object]) -> None:
    planted = type(
        f"Planted{type(field).__name__}",
        (models.Model,),
        {"picture": field, "__module__": __name__, "Meta": type("Meta", (), {"app_label": "x"})},
    )
    assert that_could_hold_media([planted]) == [f"x.{planted.__name__}.picture"]


@pytest.mark.parametrize("model", OWN, ids=lambda model: model._meta.label)
def test_every_own_table_says_what_it_knows_of_people(model: type[models.Model]) -> None:
    note = vars(model).get("personal_data")
    assert isinstance(note, PersonalData), f"{model._meta.label} has no PersonalData note"
    assert note.why
    assert set(note.fields) <= {field.name for field in model._meta.get_fields()}


def test_every_table_of_others_is_in_the_written_table() -> None:
    assert {model._meta.label for model in OTHERS} == set(PERSONAL_DATA)
    for model in OTHERS:
        note = PERSONAL_DATA[model._meta.label]
        assert set(note.fields) <= {field.name for field in model._meta.get_fields()}


@pytest.mark.parametrize("model", OWN, ids=lambda model: model._meta.label)
def test_a_field_that_points_at_people_is_in_the_note(model: type[models.Model]) -> None:
    pointing = {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and field.remote_field.model._meta.label == "accounts.Person"
    }
    assert pointing <= set(vars(model)["personal_data"].fields)


def test_every_period_in_a_note_is_kept() -> None:
    ours = {model._meta.label: vars(model)["personal_data"] for model in OWN}
    stated = {name for name, note in {**ours, **PERSONAL_DATA}.items() if note.kept is not None}
    assert {table.label for table in tables()} == stated


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.label)
def test_a_period_counts_from_columns_that_are_there(table: Table) -> None:
    names = {field.name for field in table.model._meta.get_fields()}
    assert {column.partition("__")[0] for column in table.note.since} <= names
    if table.note.then is Then.EMPTY:
        for name in table.note.fields:
            field = table.model._meta.get_field(name)
            assert isinstance(field, models.CharField | models.TextField)
            assert not field.unique
    # A row that goes takes nothing along that has a longer time of its own.
    for reverse in table.model._meta.get_fields(include_hidden=True):
        if getattr(reverse, "on_delete", None) is models.CASCADE and reverse.auto_created:
            note = vars(reverse.related_model).get("personal_data")
            assert note is None or note.kept is None or note.kept <= table.kept


def test_the_document_on_what_is_kept_names_every_table_with_a_period() -> None:
    told = (ROOT / "docs" / "retention.md").read_text("utf-8")
    assert [table.label for table in tables() if f"`{table.label}`" not in told] == []
