"""What providers say: kept once, replaced with its history, counted by party, acted upon."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError

from tests.domain.corrections.scenes import (
    ACTOR,
    a_list,
    corrections,
    provider,
    providers,
    put,
    refer,
    say,
    summary,
    told,
    withdraw,
    work,
)
from tests.support import in_threads
from tocsin.base.accounts.actions import KeyTerms
from tocsin.base.accounts.types import Tier
from tocsin.domain.corrections import actions, feedback, queries, rules
from tocsin.domain.corrections.actions import Speaker
from tocsin.domain.corrections.models import Appeal, Feedback, Tally
from tocsin.domain.corrections.types import (
    STOPNCII,
    AppealState,
    Kept,
    Now,
    Origin,
    Scope,
    Verdict,
    Word,
)
from tocsin.domain.hashlists.models import Entry
from tocsin.domain.matching.actions import issue_provider_key
from tocsin.domain.matching.types import PolicyTerms

pytestmark = pytest.mark.django_db


def test_the_same_word_again_changes_nothing(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    assert say(now, one, entry).kept is Kept.KEPT
    assert say(now, one, entry).kept is Kept.REPEATED
    assert Feedback.objects.count() == 1


def test_a_later_word_takes_the_place_of_the_earlier_and_the_history_stays(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    say(now, one, entry, reason="meme")
    assert say(now, one, entry, Verdict.UP, "confirmed").kept is Kept.REPLACED
    rows = list(Feedback.objects.order_by("pk"))
    assert [(row.verdict, row.replaced_at is None) for row in rows] == [
        ("down", False),
        ("up", True),
    ]


def test_words_on_different_fingerprints_stand_beside_one_another(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    say(now, one, entry, scope=Scope.MD5)
    assert say(now, one, entry, Verdict.UP, "confirmed", scope=Scope.PDQ).kept is Kept.KEPT
    assert Feedback.objects.filter(replaced_at=None).count() == 2


def test_a_reference_of_another_party_means_nothing(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    one, two = provider(now), provider(now, "Picbin")
    words = [
        Word(refer(one, entry), Verdict.DOWN, "not_csam"),
        Word("k1.AAAA", Verdict.DOWN, "not_csam"),
        Word("é", Verdict.DOWN, "not_csam"),
    ]
    heard = actions.give_feedback(words=words, speaker=two, at=now)
    assert [h.kept for h in heard] == [Kept.UNKNOWN_REFERENCE] * 3
    assert not Feedback.objects.exists()


def test_a_reference_outlives_the_key_it_was_given_to(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    word = Word(refer(one, entry), Verdict.DOWN, "not_csam")
    [heard] = actions.give_feedback(words=[word], speaker=another_key(now, one), at=now)
    assert heard.kept is Kept.KEPT


def test_a_reference_still_counts_after_its_key_was_rotated(
    now: datetime, settings: object
) -> None:
    from django.conf import settings as house

    entry, one = put(now, a_list(now), "logo"), provider(now)
    told(now, one, entry)
    old = refer(one, entry)
    house.TOCSIN_KEYS.rotate("reference")
    assert refer(one, entry) != old
    word = Word(old, Verdict.UP, "confirmed")
    [heard] = actions.give_feedback(words=[word], speaker=one, at=now)
    assert heard.kept is Kept.KEPT
    withdraw(now, entry)
    work(now)
    [correction] = corrections(one)
    assert correction.references == (refer(one, entry), old)


def test_a_dispute_opens_an_appeal_and_another_partys_joins_it(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    one, two = providers(now, ["a", "b"])
    first = say(now, one, entry, dispute=True, words="our own logo")
    second = say(now, two, entry, dispute=True, for_person=True)
    assert first.appeal == second.appeal == "A-2026-000001"
    detail = queries.appeal("A-2026-000001")
    assert detail.appeal.origin is Origin.PROVIDER
    assert detail.appeal.state is AppealState.OPENED
    assert detail.words == "our own logo"
    assert (detail.downs, detail.ups) == (2, 0)
    assert {word.party_name for word in detail.said} == {"a", "b"}


def test_a_person_appeals_through_the_provider(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    say(now, one, entry, dispute=True, for_person=True)
    assert Appeal.objects.get().origin == Origin.PERSON


def test_a_down_without_dispute_is_counted_and_opens_nothing(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    heard = say(now, one, entry)
    assert (heard.appeal, heard.now) == (None, Now.LISTED)
    assert Tally.objects.get(pk=entry).downs == 1
    assert not Appeal.objects.exists()


def test_downs_of_independent_parties_hold_the_entry_at_once(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    parties = providers(now, "abc")
    for who in parties:
        told(now, who, entry)
    heard = [say(now, who, entry) for who in parties]
    assert [h.now for h in heard] == [Now.LISTED, Now.LISTED, Now.HELD]
    assert Entry.objects.get(pk=entry).held
    appeal = Appeal.objects.get()
    assert (appeal.origin, appeal.holds) == (Origin.VOTES, True)
    work(now)
    assert [summary(who) for who in parties] == [[("held", [("upload-1", "held")])]] * 3


def test_one_party_with_many_words_is_one_voice(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    for scope in Scope:
        say(now, one, entry, scope=scope)
    assert Tally.objects.get(pk=entry).downs == 1
    assert not Entry.objects.get(pk=entry).held


def another_key(now: datetime, who: Speaker) -> Speaker:
    """The same party after it has changed its key."""
    issued = issue_provider_key(
        party_id=who.party_id,
        terms=KeyTerms(Tier.DETAIL),
        policy=PolicyTerms(),
        actor=ACTOR,
        at=now,
    )
    return Speaker(who.party_id, issued.key_id)


def test_the_word_of_a_partys_newer_key_takes_the_place_of_the_older_keys(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    newer = another_key(now, one)
    say(now, one, entry)
    assert say(now, newer, entry).kept is Kept.REPEATED
    assert say(now, newer, entry, Verdict.UP, "confirmed").kept is Kept.REPLACED
    tally = Tally.objects.get(pk=entry)
    assert (tally.ups, tally.downs) == (1, 0)


def test_other_words_are_an_update_of_the_vote(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    say(now, one, entry, words="a logo")
    assert say(now, one, entry, words="a logo").kept is Kept.REPEATED
    assert say(now, one, entry, words="our own logo").kept is Kept.REPLACED
    assert say(now, one, entry, words="our own logo", reason="meme").kept is Kept.REPLACED
    assert Feedback.objects.filter(replaced_at=None).count() == 1


def dismissed(now: datetime) -> None:
    number = queries.appeals(decided=False)[0].number
    actions.take(number=number, actor=ACTOR, at=now)
    actions.dismiss(number=number, words="it is what it says", actor=ACTOR, at=now)


def test_votes_that_were_dismissed_hold_nothing_a_second_time(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "logo"), providers(now, "abc")
    for who in parties:
        say(now, who, entry)
    dismissed(now)
    later = now + timedelta(days=1)
    for who in parties:
        say(later, who, entry)  # the same again
        say(later, who, entry, reason="meme", words="look again")
        say(later, who, entry, scope=Scope.PDQ)
        say(later, another_key(later, who), entry, reason="adult")
        say(later, who, entry, Verdict.UP, "confirmed")
        say(later, who, entry)  # taken back, and said once more
    assert not Entry.objects.get(pk=entry).held
    assert not Appeal.objects.filter(state__in=rules.OPEN).exists()
    assert Tally.objects.get(pk=entry).downs == 3  # reviewers still see them


def test_only_doubts_of_others_hold_it_again_and_as_many_as_the_first_time(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    for who in providers(now, "abc"):
        say(now, who, entry)
    dismissed(now)
    held = []
    for who in providers(now, "def"):
        say(now, who, entry)
        held.append(Entry.objects.get(pk=entry).held)
    assert held == [False, False, True]
    dismissed(now)
    assert not Entry.objects.get(pk=entry).held


def test_who_appeals_again_after_a_dismissal_gets_a_person_and_no_hold(now: datetime) -> None:
    entry, parties = put(now, a_list(now), "logo"), providers(now, "abc")
    for who in parties:
        say(now, who, entry)
    dismissed(now)
    heard = say(now, parties[0], entry, dispute=True, words="here is the receipt")
    assert heard.appeal == "A-2026-000002"
    assert not Entry.objects.get(pk=entry).held


@pytest.mark.django_db(transaction=True)
def test_each_word_of_a_batch_is_kept_by_itself(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_no, one = a_list(now), provider(now)
    entries = [put(now, list_no, name) for name in "abc"]
    words = [Word(refer(one, entry), Verdict.DOWN, "meme") for entry in entries]
    act, kept_before = feedback._act, []

    def fails_at_the_third(*args: Any) -> Any:
        # What came before is committed: nobody waits for the rest of the batch.
        kept_before.append(Feedback.objects.count())
        if len(kept_before) == 3:
            raise DatabaseError
        return act(*args)

    monkeypatch.setattr(feedback, "_act", fails_at_the_third)
    with pytest.raises(DatabaseError):
        actions.give_feedback(words=words, speaker=one, at=now)
    assert [row.entry_id for row in Feedback.objects.order_by("pk")] == entries[:2]
    monkeypatch.undo()
    heard = actions.give_feedback(words=words, speaker=one, at=now)
    assert [h.kept for h in heard] == [Kept.REPEATED, Kept.REPEATED, Kept.KEPT]


@pytest.mark.parametrize("reason", ["duplicate", "cannot_view", "wrong_category", "own_code"])
def test_reasons_that_do_not_say_benign_hold_nothing(reason: str, now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    for who in providers(now, "abcd"):
        say(now, who, entry, reason=reason)
    assert not Entry.objects.get(pk=entry).held


def test_as_many_who_confirm_weigh_against_those_who_doubt(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    for who in providers(now, "abc"):
        say(now, who, entry, Verdict.UP, "confirmed")
    for who in providers(now, "def"):
        say(now, who, entry)
    assert not Entry.objects.get(pk=entry).held
    say(now, provider(now, "g"), entry)
    assert Entry.objects.get(pk=entry).held


def test_a_word_on_what_is_gone_is_kept_and_told_so(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    withdraw(now, entry)
    heard = say(now, one, entry, dispute=True)
    assert (heard.kept, heard.now, heard.appeal) == (Kept.KEPT, Now.NOT_LISTED, None)


def test_the_words_of_stopncii_are_ours_too() -> None:
    assert STOPNCII["NotBlocked"] == (Verdict.DOWN, "not_violating")
    assert STOPNCII["Blocked"] == (Verdict.UP, "blocked")
    known = set().union(*rules.REASONS.values())
    for verdict, reason in STOPNCII.values():
        assert reason in rules.REASONS[verdict] <= known


def test_what_was_said_lies_sealed(now: datetime) -> None:
    entry, one = put(now, a_list(now), "logo"), provider(now)
    say(now, one, entry, dispute=True, words="belongs to Mrs Jansen")
    assert "Jansen" not in str([row.__dict__ for row in Feedback.objects.all()])
    assert "Jansen" not in str([row.__dict__ for row in Appeal.objects.all()])


@pytest.mark.django_db(transaction=True)
def test_parties_that_speak_at_the_same_moment_are_all_counted(now: datetime) -> None:
    entry = put(now, a_list(now), "logo")
    parties = providers(now, "abc")
    calls = [lambda who=who: say(now, who, entry, dispute=True) for who in parties]
    results = in_threads(*calls, *calls)  # each of them twice: a late repeat
    assert [r for r in results if isinstance(r, Exception)] == []
    assert Feedback.objects.count() == 3
    assert Appeal.objects.count() == 1
    assert Tally.objects.get(pk=entry).downs == 3
    assert Entry.objects.get(pk=entry).held
