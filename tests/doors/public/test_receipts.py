"""By a receipt: what became of it, messages, and how often one may guess."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.test import Client

from tests.doors.public.filling import hidden, post, receipt_of, send, text, token
from tests.doors.staff import TESTER
from tocsin.domain.reporters import actions, queries
from tocsin.domain.reporters.models import Conversation, Message
from tocsin.domain.reports.models import Item
from tocsin.doors.public import limits, receipts, tokens, work
from tocsin.doors.public.tokens import Purpose

pytestmark = pytest.mark.django_db

LAKE = "https://pictures.example/lake.jpg"


@pytest.fixture
def receipt(client: Client) -> str:
    """The receipt of a report of two addresses."""
    return receipt_of(send(client, urls=f"{LAKE}\nhttps://hills.example/"))


def states(page: str) -> list[str]:
    [found] = re.findall(r'<ol class="states">(.*?)</ol>', page, re.DOTALL)
    return re.findall(r"<strong>(.*?)</strong>", found)


def look(client: Client, receipt: str) -> str:
    return text(post(client, "/en/receipt", {"receipt": receipt}))


def test_a_receipt_tells_a_plain_state_of_each_address(client: Client, receipt: str) -> None:
    assert states(look(client, receipt)) == ["received", "received"]
    first, second = Item.objects.order_by("id")
    Item.objects.filter(pk=first.pk).update(state="unlawful")
    Item.objects.filter(pk=second.pk).update(state="taken")
    page = look(client, receipt)
    assert states(page) == ["passed on", "being looked at"]
    # Nothing that says of what: neither the address nor the item's number.
    assert "hills" not in page
    assert "lake" not in page
    assert first.number not in page


def test_states_are_told_in_the_language_of_the_page(client: Client, receipt: str) -> None:
    pages = {
        language: text(post(client, f"/{language}/receipt", {"receipt": receipt}))
        for language in ("en", "nl", "fr")
    }
    assert len({tuple(states(page)) for page in pages.values()}) == 3


def test_a_conversation_both_ways_and_nobodys_name(client: Client, receipt: str) -> None:
    page = post(client, "/en/receipt", {"receipt": receipt})
    said = {"pass": hidden(page, "pass"), "words": "It <b>moved</b>."}
    answer = post(client, "/en/receipt", said)
    assert "Your message is with us." in text(answer)
    assert "It &lt;b&gt;moved&lt;/b&gt;." in text(answer)
    [talk] = Conversation.objects.all()
    actions.answer(talk_id=talk.pk, words="Where to?", actor=TESTER, at=datetime.now(UTC))
    again = post(client, "/en/receipt", {"pass": hidden(answer, "pass"), "words": " "})
    assert "Where to?" in text(again)
    assert TESTER.text not in text(again)
    assert Message.objects.count() == 2


def test_a_pass_lasts_half_an_hour_and_no_receipt_stands_in_a_page(
    client: Client, receipt: str
) -> None:
    page = look(client, receipt)
    assert receipt not in page.replace(" ", "")
    [talk] = Conversation.objects.all()
    over = tokens.make_pass(talk.pk, at=datetime.now(UTC) - timedelta(minutes=31))
    for wrong in (over, "k1.nothing", "x", token(client, "/en/receipt")):
        answer = post(client, "/en/receipt", {"pass": wrong, "words": "Hello"})
        assert answer.status_code == 403
    assert not Message.objects.exists()


def test_a_message_too_long_is_not_lost(client: Client, receipt: str) -> None:
    page = post(client, "/en/receipt", {"receipt": receipt})
    long = "w" * 4_001
    answer = post(client, "/en/receipt", {"pass": hidden(page, "pass"), "words": long})
    assert answer.status_code == 422
    assert long in text(answer)


def test_the_eleventh_message_of_a_day_waits_for_tomorrow(client: Client, receipt: str) -> None:
    page = post(client, "/en/receipt", {"receipt": receipt})
    let_in = hidden(page, "pass")
    for n in range(10):
        assert post(client, "/en/receipt", {"pass": let_in, "words": str(n)}).status_code == 200
    answer = post(client, "/en/receipt", {"pass": let_in, "words": "the eleventh"})
    assert answer.status_code == 429
    assert "the eleventh" in text(answer)
    assert Message.objects.count() == 10


def test_a_conversation_that_is_gone_says_so(client: Client, receipt: str) -> None:
    page = post(client, "/en/receipt", {"receipt": receipt})
    Conversation.objects.all().delete()
    answer = post(client, "/en/receipt", {"pass": hidden(page, "pass"), "words": "Hello"})
    assert answer.status_code == 410


def test_a_wrong_receipt_is_answered_alike_whatever_it_is(client: Client, receipt: str) -> None:
    pages = set()
    for wrong in ("", "1234", "0" * 16, "<script>"):
        answer = post(client, "/en/receipt", {"receipt": wrong})
        assert answer.status_code == 422
        own = r"v1\.look\.[^\"]*|data-work=\"[0-9a-f]*\"|<!--.*?-->"
        pages.add(re.sub(own, "", unescape(text(answer))))
    assert len(pages) == 1


def test_without_work_everybody_together_guesses_few_times_a_minute(client: Client) -> None:
    found = [
        post(client, "/en/receipt", {"receipt": "0" * 16}).status_code
        for _ in range(limits.LOOKS_WITHOUT_WORK_A_MINUTE + 3)
    ]
    assert found[:10] == [422] * 10
    assert 429 in found[10:]


def test_work_opens_the_way_when_others_guess(
    client: Client, receipt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "LOOK_BITS", 2)
    while limits.looks_without_work.take():
        pass
    assert post(client, "/en/receipt", {"receipt": receipt}).status_code == 429
    made = token(client, "/en/receipt")
    fields = {"token": made, "work": solved(made), "receipt": receipt}
    assert post(client, "/en/receipt", fields).status_code == 200
    # The same work does not open a second receipt.
    assert post(client, "/en/receipt", fields).status_code == 429


def solved(made: str) -> str:
    at = datetime.now(UTC)
    return work.solve(tokens.read(made, Purpose.LOOK, lasts=receipts.LOOK_LASTS, at=at))


def test_work_has_its_limit_too(
    client: Client, receipt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "LOOK_BITS", 2)
    while limits.looks.take():
        pass
    made = token(client, "/en/receipt")
    fields = {"token": made, "work": solved(made), "receipt": receipt}
    answer = post(client, "/en/receipt", fields)
    assert answer.status_code == 429
    assert "Wait a minute" in text(answer)


def test_a_token_of_a_form_is_no_work_for_a_look(client: Client) -> None:
    made = token(client)
    with pytest.raises(tokens.WrongToken):
        tokens.read(made, Purpose.LOOK, lasts=timedelta(hours=1), at=datetime.now(UTC))


def test_a_receipt_of_before_opens_what_staff_found(client: Client, receipt: str) -> None:
    talk_id = queries.find(receipt)
    url = "https://valley.example/"
    actions.enter_address(talk_id=talk_id, url=url, actor=TESTER, at=datetime.now(UTC))
    assert len(states(look(client, receipt))) == 3
