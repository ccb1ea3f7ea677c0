"""Prometheus' text format, version 0.0.4: families of samples, each with its help and type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Type(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Sample:
    """A value with its labels; `suffix` for the parts of a histogram."""

    labels: Mapping[str, str]
    value: float
    suffix: str = ""


@dataclass(slots=True)
class Family:
    """All samples of one name."""

    name: str
    type: Type
    help: str
    samples: list[Sample] = field(default_factory=list)

    def add(self, value: float, suffix: str = "", **labels: str) -> None:
        """One more sample."""
        self.samples.append(Sample(labels, value, suffix))

    def add_times(
        self, counts: Iterable[int], edges: Iterable[float], seconds: float, **labels: str
    ) -> None:
        """A histogram from what came up to each edge, not added up, the last of it beyond all."""
        passed = 0
        for edge, n in zip([*map(_number, edges), "+Inf"], counts, strict=True):
            passed += n
            self.add(passed, "_bucket", **labels, le=edge)
        self.add(seconds, "_sum", **labels)
        self.add(passed, "_count", **labels)


def written(families: Iterable[Family]) -> str:
    """The page; a family without samples is left out."""
    return "".join(line + "\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    if not family.samples:
        return
    yield f"# HELP {family.name} {_escaped(family.help)}"
    yield f"# TYPE {family.name} {family.type}"
    for sample in family.samples:
        quoted = {
            name: _escaped(value).replace('"', r"\"") for name, value in sample.labels.items()
        }
        labels = ",".join(f'{name}="{value}"' for name, value in quoted.items())
        braces = f"{{{labels}}}" if labels else ""
        yield f"{family.name}{sample.suffix}{braces} {_number(sample.value)}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")
