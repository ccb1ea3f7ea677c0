"""Egress: the only way out. Every request the house makes to another machine goes through here.

For hosters, webhooks, the scanner and a distant Tocsin: one call, one policy, one answer.
Owns which addresses may be called, and the limits of time, size and redirects.
Must never connect to an address it has not checked, nor write down an address, header or body.
Knows nothing of the trade and nothing of Django.
"""

from tocsin.base.egress.client import Answer, Egress
from tocsin.base.egress.naming import NameServers
from tocsin.base.egress.policy import PUBLIC, Policy, configured_peer
from tocsin.base.egress.reach import is_public
from tocsin.base.egress.refusals import (
    EgressError,
    RefusedAddress,
    TooLarge,
    TooManyRedirects,
    TooSlow,
    Unreachable,
    UnreadableAnswer,
)
from tocsin.base.egress.vantages import Outlook, dial_from, dial_through
from tocsin.base.egress.witness import Step, Tls, Witness

__all__ = [
    "PUBLIC",
    "Answer",
    "Egress",
    "EgressError",
    "NameServers",
    "Outlook",
    "Policy",
    "RefusedAddress",
    "Step",
    "Tls",
    "TooLarge",
    "TooManyRedirects",
    "TooSlow",
    "Unreachable",
    "UnreadableAnswer",
    "Witness",
    "configured_peer",
    "dial_from",
    "dial_through",
    "is_public",
]
