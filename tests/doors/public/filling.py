"""Filling in the public's form as a browser does, and reading what it is shown."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from django.http import HttpResponse
from django.test import Client

URLENCODED = "application/x-www-form-urlencoded"


def post(client: Client, path: str, fields: dict[str, str]) -> HttpResponse:
    answer = client.post(path, urlencode(fields), content_type=URLENCODED)
    assert isinstance(answer, HttpResponse)
    return answer


def hidden(answer: HttpResponse, name: str) -> str:
    """The value of the first hidden field of that name."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', text(answer))
    assert found is not None, name
    return found[1]


def token(client: Client, path: str = "/en/report") -> str:
    return hidden(client.get(path), "token")  # type: ignore[arg-type]


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def receipt_of(answer: HttpResponse) -> str:
    found = re.search(r'class="receipt">([0-9 ]{19})<', text(answer))
    assert found is not None, text(answer)
    return found[1].replace(" ", "")


def send(client: Client, path: str = "/en/report", **fields: str) -> HttpResponse:
    """Send the whole form, without work."""
    return post(client, path, {"token": token(client, path), "whole": "1", **fields})
