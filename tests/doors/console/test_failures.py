"""A page that breaks."""

from __future__ import annotations

import pytest
from django.test import Client
from structlog.testing import capture_logs

pytestmark = pytest.mark.django_db


def test_a_page_that_breaks_is_in_the_log_without_a_word_of_what_it_was_about(
    analyst: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError("https://secret.example/1.jpg")

    monkeypatch.setattr("tocsin.doors.console.views.desk.queries.item", breaks)
    analyst.raise_request_exception = False
    with capture_logs() as logged:
        page = analyst.get("/console/items/T-2026-000001")
    assert page.status_code == 500
    (line,) = (line for line in logged if line["event"] == "page_failed")
    assert (line["page"], line["error"]) == ("console:item", "ZeroDivisionError")
    assert line["where"].partition(":")[0] == "item_page.py"
    assert "secret" not in repr(logged)
