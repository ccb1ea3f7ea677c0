"""A domain that is shown opens lists; one that is lost closes them, after warnings."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.domain.listing import ACTOR
from tests.domain.providers.signing import MAIL, World, confirmed, proven
from tocsin.base.accounts.models import ApiKey
from tocsin.base.accounts.types import Tier
from tocsin.base.clock.models import Due
from tocsin.base.letters.models import Letter
from tocsin.domain.matching.models import KeyPolicy
from tocsin.domain.providers import actions, rules
from tocsin.domain.providers.due import look_again
from tocsin.domain.providers.models import Provider
from tocsin.domain.providers.types import NotSo, ProofWay, ProviderState, TooSoon

pytestmark = pytest.mark.django_db

FILE = "https://host.example/.well-known/tocsin.txt"
NAME = "_tocsin.host.example"


@pytest.fixture
def world() -> World:
    return World()


def looked(provider: Provider, world: World, at: datetime) -> bool:
    found = actions.look_for_proof(provider_id=provider.pk, looker=world.looker, actor=None, at=at)
    provider.refresh_from_db()
    return found


def state_after(provider: Provider) -> ProviderState:
    provider.refresh_from_db()
    return ProviderState(provider.state)


def test_without_a_proof_no_key_asks_lists_that_count(world: World, now: datetime) -> None:
    provider = confirmed(now)
    assert not looked(provider, world, now)
    with pytest.raises(NotSo):
        actions.make_live_key(provider_id=provider.pk, at=now)
    assert set(KeyPolicy.objects.values_list("lists", flat=True)) == {"test"}


@pytest.mark.parametrize("way", list(ProofWay))
def test_either_way_shows_a_domain_and_opens_exact_matches(
    world: World, now: datetime, way: ProofWay
) -> None:
    provider = confirmed(now)
    if way is ProofWay.DNS:
        world.records[NAME] = ["v=spf1", provider.proof]
    else:
        world.files[FILE] = (200, f"# ours\r\n{provider.proof}\r\n".encode())
    assert looked(provider, world, now)
    assert (provider.state, provider.proof_way) == (ProviderState.PROVEN, way)

    key = actions.make_live_key(provider_id=provider.pk, at=now)
    terms = KeyPolicy.objects.get(key__key_id=key.key_id)
    assert (terms.lists, terms.near_radius_bits) == ("open", 0)
    assert terms.daily_hashes == rules.UNVETTED_HASHES
    assert terms.daily_matches == rules.UNVETTED_MATCHES
    assert ApiKey.objects.get(key_id=key.key_id).tier == Tier.BOOLEAN


@pytest.mark.parametrize(
    "answer",
    [(404, "{}"), (302, "{}"), (200, "x{}"), (200, "{}x"), (200, "<p>{}</p>"), (200, "")],
)
def test_what_is_not_the_proof_shows_nothing(
    world: World, now: datetime, answer: tuple[int, str]
) -> None:
    provider = confirmed(now)
    world.files[FILE] = (answer[0], answer[1].format(provider.proof).encode())
    world.records[NAME] = [f"{provider.proof}x"]
    assert not looked(provider, world, now)
    assert all(p.max_redirects == 0 and p.only_origin is None for p in world.policies)


def test_looking_again_at_once_is_refused(world: World, now: datetime) -> None:
    provider = confirmed(now)
    looked(provider, world, now)
    with pytest.raises(TooSoon):
        looked(provider, world, now + timedelta(seconds=5))
    looked(provider, world, now + timedelta(seconds=15))


def test_a_lost_proof_warns_waits_and_then_revokes(world: World, now: datetime) -> None:
    provider = proven(now, world)
    key = actions.make_live_key(provider_id=provider.pk, at=now)
    [clock] = Due.objects.filter(subject=str(provider.pk), kind=rules.RECHECK)
    assert clock.due_at == now + timedelta(days=7)

    del world.records[NAME]
    lost_at = now + timedelta(days=7)
    look_again(provider.pk, world.looker, lost_at)
    assert state_after(provider) is ProviderState.LOST
    for day in range(1, 14):
        look_again(provider.pk, world.looker, lost_at + timedelta(days=day))
        assert state_after(provider) is ProviderState.LOST
        assert Due.objects.get(kind=rules.RECHECK).due_at == lost_at + timedelta(days=day + 1)
    assert ApiKey.objects.get(key_id=key.key_id).revoked_at is None

    look_again(provider.pk, world.looker, lost_at + timedelta(days=14))
    assert state_after(provider) is ProviderState.PAUSED
    assert not ApiKey.objects.filter(revoked_at=None).exists()
    told = list(Letter.objects.filter(to=MAIL).order_by("pk").values_list("purpose", flat=True))
    assert told[1:] == ["providers.lost", "providers.paused"]
    with pytest.raises(NotSo):
        actions.make_live_key(provider_id=provider.pk, at=now)


def test_a_proof_that_comes_back_mends_all(world: World, now: datetime) -> None:
    provider = proven(now, world)
    kept = world.records.pop(NAME)
    look_again(provider.pk, world.looker, now + timedelta(days=7))
    world.records[NAME] = kept
    look_again(provider.pk, world.looker, now + timedelta(days=8))
    assert state_after(provider) is ProviderState.PROVEN
    assert provider.lost_at is None


def test_whom_a_manager_vouches_for_asks_all_lists(world: World, now: datetime) -> None:
    provider = proven(now, world)
    actions.apply(provider_id=provider.pk, words="We host pictures.", at=now)
    actions.grant(provider_id=provider.pk, tier=Tier.ACTION, actor=ACTOR, at=now)
    key = actions.make_live_key(provider_id=provider.pk, at=now)
    assert KeyPolicy.objects.get(key__key_id=key.key_id).lists == "live"
    assert ApiKey.objects.get(key_id=key.key_id).tier == Tier.ACTION

    actions.refuse(provider_id=provider.pk, actor=ACTOR, at=now)
    assert not ApiKey.objects.filter(revoked_at=None).exists()
    again = actions.make_live_key(provider_id=provider.pk, at=now)
    assert KeyPolicy.objects.get(key__key_id=again.key_id).lists == "open"


def test_a_suspended_provider_has_no_keys_and_makes_none(world: World, now: datetime) -> None:
    provider = proven(now, world)
    actions.make_live_key(provider_id=provider.pk, at=now)
    actions.suspend(provider_id=provider.pk, actor=ACTOR, at=now)
    assert not ApiKey.objects.filter(revoked_at=None).exists()
    for make in (actions.make_live_key, actions.make_try_key):
        with pytest.raises(NotSo):
            make(provider_id=provider.pk, at=now)
    # Showing the domain does not undo what a manager did.
    assert looked(provider, world, now + timedelta(minutes=1))
    assert state_after(provider) is ProviderState.SUSPENDED
    actions.let_back(provider_id=provider.pk, actor=ACTOR, at=now)
    assert state_after(provider) is ProviderState.TRYING


def test_who_never_shows_a_domain_closes_in_the_end(now: datetime) -> None:
    provider = confirmed(now)
    actions.close(provider.pk, now + rules.IDLE)
    assert state_after(provider) is ProviderState.CLOSED
    assert not ApiKey.objects.filter(revoked_at=None).exists()
    assert not Due.objects.filter(kind__startswith="providers.").exists()
