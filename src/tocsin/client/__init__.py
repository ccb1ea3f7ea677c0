"""The client: a provider's way to ask a Tocsin server, usable without the rest of the house.

For: whoever takes uploads of others and must know whether one is known. Owns three answers (listed,
not listed, unknown), what to do when the service is away, and the code that checks uploads while
they arrive. Needs `tocsin.engine` and httpx alone.
Must never: call anything clean that was not answered for, follow a redirect, send a key in the
clear, write a byte of an upload to disk, or put a hash into a log line or an address.
"""

from tocsin.client.asynchronous import AsyncClient
from tocsin.client.corrections import Correction, FeedPage, Hit, Said, Stated, Word
from tocsin.client.failures import CallFailed, CallRefused
from tocsin.client.intake import Intake
from tocsin.client.keys import Key, WrongAddress, WrongKey
from tocsin.client.recheck import Rechecked, RecheckQueue
from tocsin.client.settings import Settings
from tocsin.client.signatures import Challenge, NotSigned, WebhookReader
from tocsin.client.signing import SigningKey
from tocsin.client.synchronous import Client
from tocsin.client.types import (
    Answer,
    Decision,
    Match,
    News,
    OutagePolicy,
    Question,
    Verdict,
    Why,
    WrongQuestion,
)
from tocsin.engine.search.further import Frame
from tocsin.engine.search.matches import Level

__all__ = [
    "Answer",
    "AsyncClient",
    "CallFailed",
    "CallRefused",
    "Challenge",
    "Client",
    "Correction",
    "Decision",
    "FeedPage",
    "Frame",
    "Hit",
    "Intake",
    "Key",
    "Level",
    "Match",
    "News",
    "NotSigned",
    "OutagePolicy",
    "Question",
    "RecheckQueue",
    "Rechecked",
    "Said",
    "Settings",
    "SigningKey",
    "Stated",
    "Verdict",
    "WebhookReader",
    "Why",
    "Word",
    "WrongAddress",
    "WrongKey",
    "WrongQuestion",
]
