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
