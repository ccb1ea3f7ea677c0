"""The page about classification names what the data files hold."""

from __future__ import annotations

from pathlib import Path

from tocsin.domain.hashlists.classification import FLAGS, Act, AgeBand, jurisdictions, schemes

PAGE = Path(__file__).parents[4] / "docs" / "lists" / "classification.md"


def test_every_scheme_place_and_field_stands_on_the_page() -> None:
    text = PAGE.read_text("utf-8")

    for scheme in schemes():
        assert f"| `{scheme.scheme}` | {scheme.version} |" in text
    for place in jurisdictions().values():
        assert f"| {place.jurisdiction} | from {place.known_from:%-d %B %Y} |" in text
    for name in (*FLAGS, *AgeBand, *Act):
        assert f"`{name}`" in text
