"""A report as JSON and CSV, each number with its definition."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from tocsin.domain.figures.definitions import definition_of
from tocsin.domain.figures.types import Figures, HosterFigures, Line

COLUMNS = (
    "section",
    "number",
    "value",
    "unit",
    "before",
    "change_percent",
    "definition",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(figures: Figures, hosters: Sequence[HosterFigures] = ()) -> str:
    """All of it, readable by programs and people."""
    told: dict[str, Any] = {
        "period": {"from": figures.period.first, "to": figures.period.last, "zone": figures.zone},
        "compared_with": {"from": figures.compared_with.first, "to": figures.compared_with.last},
        "counted_at": figures.counted_at,
        "facts_sha256": figures.facts_digest,
        "sections": {
            section.code: [_told(line) for line in section.lines] for section in figures.sections
        },
        "hosters": [asdict(one) for one in hosters],
    }
    return json.dumps(told, default=lambda value: value.isoformat(), indent=1, ensure_ascii=False)


def as_csv(figures: Figures) -> str:
    """One line for each number; text that a spreadsheet would take for a formula is quoted."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for section in figures.sections:
        for line in section.lines:
            writer.writerow(
                [
                    section.code,
                    _harmless(line.label),
                    _number(line.value),
                    line.unit,
                    _number(line.before),
                    _number(line.change_percent),
                    definition_of(line.definition),
                ]
            )
    return text.getvalue()


def rows(figures: Figures) -> Iterator[tuple[str, Line]]:
    """Every line with its section's code."""
    for section in figures.sections:
        for line in section.lines:
            yield section.code, line


def _told(line: Line) -> dict[str, object]:
    return {
        "number": line.label,
        "value": line.value,
        "unit": line.unit,
        "before": line.before,
        "change_percent": line.change_percent,
        "definition": definition_of(line.definition),
    }


def _number(value: float | None) -> str:
    """As a number: whole ones without a point. A minus sign is a number's, not a formula's."""
    if value is None:
        return ""
    return (
        str(int(value))
        if value == int(value)
        else f"{value:.4g}"
        if abs(value) < 1
        else f"{value:.1f}"
    )


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def as_table(figures: Figures) -> str:
    """For a terminal: every number, and the hosters below."""
    period, before = figures.period, figures.compared_with
    days = f"{period.first} to {period.last} ({figures.zone})"
    told = [f"{days}, compared with {before.first} to {before.last}"]
    for section in figures.sections:
        told += ["", section.code.replace("_", " ").upper()]
        told += [_row(line) for line in section.lines]
    told += ["", "HOSTERS  (items, still online, median hours, removed within 24 h and 7 d)"]
    told += [_hoster_row(one) for one in figures.hosters] or ["  none was sent a notice"]
    told += ["", f"counted from {figures.facts_digest[:16]}; definitions: --format csv or json"]
    return "\n".join(told)


def _row(line: Line) -> str:
    change = "" if line.change_percent is None else f"{line.change_percent:+.1f} %"
    unit = "" if line.unit == "count" else line.unit
    label = line.label.replace("_", " ").removesuffix(f" {line.unit}")
    now, before = _number(line.value) or "-", _number(line.before) or "-"
    return f"  {label:<36} {now:>12} {before:>12} {change:>10}  {unit}".rstrip()


def _hoster_row(one: HosterFigures) -> str:
    middle = "-" if one.median.value is None else f"{one.median.value:.1f}"
    parts = [
        "-" if part.share is None else f"{part.share * 100:.0f} %"
        for part in one.within
        if part.hours in (24, 168)
    ]
    few = "" if one.enough else "  too few to compare"
    return (
        f"  {one.hoster:<20} {one.notices:>7} {one.still_online:>7} {middle:>8} "
        f"{parts[0]:>6} {parts[1]:>6}{few}"
    )
