"""Reading: which tables have a period, and which of their rows are over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import PROTECT, RESTRICT, Exists, Model, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable

from tocsin.base.privacy import PersonalData, Then

Spared = Callable[[], Q]
"""Which rows of a table are not forgotten now, whatever their note says."""

_spared: dict[str, list[Spared]] = {}


def spare(label: str, rows: Spared) -> None:
    """From now on, forget no such rows of `app_label.Model`: an order goes before a period."""
    _spared.setdefault(label, []).append(rows)


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose note states a period."""

    model: type[Model]
    note: PersonalData
    kept: timedelta

    @property
    def label(self) -> str:
        """`app_label.Model`."""
        return self.model._meta.label


def tables() -> list[Table]:
    """Every table with a period, ours and those of other people's making, by name."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        note = vars(model).get("personal_data") or settings.TOCSIN_NOTES.get(model._meta.label)
        if note is not None and note.kept is not None:
            found.append(Table(model, note, note.kept))
    return sorted(found, key=lambda table: table.label)


def over(table: Table, *, at: datetime) -> QuerySet[Model]:
    """Rows that have not been used for longer than they are kept, and that may be forgotten.

    A row in which none of the columns is filled that tell of a use is still in use. One that others
    hold fast (PROTECT) is not deleted before they are.
    """
    before = at - table.kept
    rows = table.model._base_manager.filter(**table.note.only)
    for spared in _spared.get(table.label, ()):
        rows = rows.exclude(spared())
    plain = [name for name in table.note.since if "__" not in name]
    for name in plain:
        rows = rows.filter(Q(**{f"{name}__lt": before}) | Q(**{f"{name}__isnull": True}))
    if plain:
        rows = rows.exclude(**{f"{name}__isnull": True for name in plain})
    for name in set(table.note.since) - set(plain):
        rows = rows.filter(_nobody_uses(table.model, name, before))
    if table.note.then is Then.EMPTY:
        return rows.exclude(**emptied(table))
    return rows.filter(*_nobody_holds(table.model))


def emptied(table: Table) -> dict[str, str | None]:
    """What stands in the fields of a row afterwards."""
    fields = {name: table.model._meta.get_field(name) for name in table.note.fields}
    return {name: None if field.null else "" for name, field in fields.items()}


def _nobody_uses(model: type[Model], name: str, before: datetime) -> Combinable:
    """No row that points here has been used since: `keys__revoked_at` are the keys of a party, and
    one in which the column is empty is in use."""
    relation, column = name.split("__")
    reverse: Any = model._meta.get_field(relation)
    pointing = reverse.related_model._base_manager.filter(
        **{reverse.field.name: OuterRef("pk")}
    ).exclude(**{f"{column}__lt": before})
    return ~Exists(pointing)


def _nobody_holds(model: type[Model]) -> list[Combinable]:
    held: list[Combinable] = []
    for reverse in model._meta.get_fields(include_hidden=True):
        if reverse.auto_created and getattr(reverse, "on_delete", None) in {PROTECT, RESTRICT}:
            pointing: Any = reverse.related_model
            named = {reverse.field.name: OuterRef("pk")}  # type: ignore[union-attr]
            held.append(~Exists(pointing._base_manager.filter(**named)))
    return held
