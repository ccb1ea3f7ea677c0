"""What the tests of the ladder share: items, whom they belong to, and a worker's turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage

from tests.domain.desk import SYSTEM, URL, found, person, picture, report
from tocsin.base.audit.types import Actor
from tocsin.base.clock import actions as clock
from tocsin.base.letters.transports import NotSent
from tocsin.base.outbox.actions import put
from tocsin.domain.hosting import sealed as hosting_sealed
from tocsin.domain.hosting.models import Whereabouts
from tocsin.domain.hosting.types import Contact, ContactRole, Hosting, Source
from tocsin.domain.reports import queries as items
from tocsin.domain.takedown import actions, queries, sendlog
from tocsin.domain.takedown.types import NoticeView, OfficeKind, OfficeTerms, Rung, TakedownView

HOST = "img.bighost.example"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Mail:
    """A mail server that keeps what it takes, and refuses whom it is told to."""

    name: str = "mail"
    taken: list[EmailMessage] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    def send(self, message: EmailMessage) -> str:
        if message["To"] in self.refused:
            raise NotSent("550 5.1.1 no such user")
        self.taken.append(message)
        return f"250 2.0.0 taken as number {len(self.taken)}"

    def ids(self, to: str = "") -> list[str]:
        """The names of what was taken, of one receiver or of all."""
        there = [m for m in self.taken if not to or m["To"] == to]
        return [str(m["Message-ID"]).strip("<>").partition("@")[0] for m in there]


def contact(role: ContactRole, email: str, **changes: object) -> Contact:
    told: dict[str, object] = {
        "role": role,
        "name": email.partition("@")[2],
        "emails": (email,),
        "country": "NL",
        "source": Source.RDAP_NETWORK,
        "confidence": 0.8,
        **changes,
    }
    return Contact(**told)  # type: ignore[arg-type]


def hosted(at: datetime, *contacts: Contact, country: str = "NL", host: str = HOST) -> None:
    """Write down where the host was found to be."""
    hosting = Hosting(
        host,
        ("192.0.2.7",),
        "192.0.2.0/24",
        64_500,
        "EXAMPLE",
        country,
        None,
        True,
        contacts,
        at,
        (Source.RDAP_NETWORK,),
    )
    digest = hosting_sealed.digest(host)
    Whereabouts.objects.create(
        host_digest=digest,
        sealed=hosting_sealed.close(hosting, host_digest=digest),
        facts_digest=hosting_sealed.facts_digest(hosting),
        country=country,
        first_at=at,
        confirmed_at=at,
    )


EVERYBODY = (
    contact(ContactRole.SITE_OWNER, "owner@site.example"),
    contact(ContactRole.UPSTREAM, "abuse@network.example"),
    contact(ContactRole.REGISTRAR, "abuse@names.example"),
)


def unlawful(now: datetime, actor: Actor | None = None, url: str = URL) -> str:
    """An item found unlawful, whose takedown has begun; its number."""
    number = report(now, url, fingerprints=picture("new"))
    found(number, actor or person("anna"), now)
    turn(now)
    return number


def turn(at: datetime) -> None:
    """A worker's turn: all that is due, and the send log."""
    clock.run_round(at=at, worker="test")
    sendlog.seal_waiting(at)


def until(start: datetime, end: datetime, each: timedelta = HOUR) -> None:
    """A worker's turns from `start` to `end`."""
    at = start
    while at <= end:
        turn(at)
        at += each


def news(topic: str, number: str, at: datetime) -> None:
    """Have a room tell news of an item, and have it heard."""
    put(topic=topic, payload={"item_id": items.item(number).id}, at=at)
    turn(at)


def whole(number: str) -> TakedownView:
    """The newest takedown of an item."""
    return queries.takedowns(items.item(number).id)[-1]


def the(number: str, rung: Rung = Rung.HOSTER) -> NoticeView:
    """The newest notice of a rung."""
    return [notice for notice in queries.for_item(number) if notice.rung is rung][-1]


def office(now: datetime, kind: OfficeKind, country: str, email: str) -> int:
    terms = OfficeTerms(kind, country, f"Office {country}", email, "en")
    return actions.keep_office(terms=terms, actor=SYSTEM, at=now)


def kinds(number: str) -> list[str]:
    """What happened to an item's takedown, in order."""
    return [event.kind for event in whole(number).events]
