"""An item that was found unlawful, and a world in which a test says what each look finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.domain import desk
from tests.domain.hosting.outside import ARIN, Outside, network, person
from tocsin.base.audit.models import AuditRow
from tocsin.base.clock import actions as clock
from tocsin.base.clock.models import Due
from tocsin.base.outbox.models import Message
from tocsin.domain.hashlists.types import FingerprintValue
from tocsin.domain.rechecks import rules
from tocsin.domain.rechecks.models import Follow, Stay
from tocsin.domain.rechecks.types import FollowState
from tocsin.domain.visits.types import (
    Agent,
    ContentKind,
    Outcome,
    Place,
    SeenImage,
    Vantage,
    Visit,
)

PICTURE = desk.picture("landscape 1")
OTHER = desk.picture("landscape 2")


@dataclass
class World:
    """What visits find: `outcome` and the picture that stands there, by place where told apart."""

    outcome: Outcome = Outcome.PRESENT
    picture: tuple[FingerprintValue, ...] = PICTURE
    by_view: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    visits: list[tuple[datetime, str, str]] = field(default_factory=list)

    def visit(
        self,
        *,
        url: str,
        vantage: Vantage,
        agent: Agent,
        at: datetime,
        known: tuple[FingerprintValue, ...] = (),
    ) -> Visit:
        self.visits.append((at, vantage.name, agent.name))
        outcome = self.by_view.get((vantage.name, agent.name), self.outcome)
        outcome = Outcome.GONE_404 if url in self.gone else outcome
        shown = self.picture if outcome is Outcome.PRESENT else ()
        image = SeenImage(0, Place.ITSELF, url, outcome, 200, shown)
        return Visit(
            id=len(self.visits),
            outcome=outcome,
            status=200,
            at=at,
            vantage=vantage,
            agent=agent,
            url=url,
            final_url=url,
            final_host="img.bighost.example",
            kind=ContentKind.PICTURE,
            images=(image,) if shown else (),
        )


def found(now: datetime, url: str = desk.URL, name: str = "landscape 1") -> int:
    """An item found unlawful and followed by news; its id."""
    number = desk.report(now, url, fingerprints=desk.picture(name))
    ada = desk.person(f"ada-{number}")
    item = desk.found(number, ada, now)
    run(now)
    return item.id


def run(at: datetime) -> None:
    """What a worker does at `at`, but for the regular jobs."""
    clock.run_round(at=at, worker="test")


def next_look(item_id: int) -> datetime:
    return Due.objects.get(kind=rules.LOOK, subject=str(item_id)).due_at


def looks(item_id: int, count: int) -> datetime:
    """Let so many looks come due one after another; when the last was."""
    at = next_look(item_id)
    for _ in range(count):
        at = next_look(item_id)
        run(at)
    return at


def until(item_id: int, state: FollowState, most: int = 40) -> datetime:
    """Let looks come due until the item is in a state; when it was."""
    for _ in range(most):
        at = next_look(item_id)
        run(at)
        if follow(item_id).state == state:
            return at
    raise AssertionError(f"{state} was not reached")


def weeks(at: datetime, count: int) -> datetime:
    """Let weeks pass in which a worker comes by once; when the last one was over."""
    for week in range(1, count + 1):
        run(at + timedelta(weeks=week))
    return at + timedelta(weeks=count)


def follow(item_id: int) -> Follow:
    return Follow.objects.get(item_id=item_id)


def stays(item_id: int) -> list[Stay]:
    return list(Stay.objects.filter(follow__item_id=item_id).order_by("id"))


def told(topic: str) -> int:
    """How many pieces of news of a topic were put."""
    return Message.objects.filter(topic=topic, listener="").count()


def moves(item_id: int) -> list[str]:
    """The moves of an item as the audit has them."""
    rows = AuditRow.objects.filter(subject=f"item:{item_id}", action__startswith="rechecks.")
    return [row.action.removeprefix("rechecks.") for row in rows.order_by("id")]


def at_hoster(outside: Outside, address: str, asn: int, country: str = "NL") -> None:
    """The items' host is at this address, in a network of this number and country."""
    outside.name("img.bighost.example", address)
    block = address.rsplit(".", 1)[0]
    desk_of = person("abuse", name=f"Hoster {asn}", mail=f"abuse@as{asn}.example")
    told_by = network(f"{block}.0", f"{block}.255", desk_of, name=f"AS{asn}", country=country)
    base = {"192": ARIN, "198": ARIN}[address.split(".", maxsplit=1)[0]]
    outside.answer(f"{base}ip/{address}", told_by)
    outside.announced(address, asn, f"AS{asn} Hoster")
