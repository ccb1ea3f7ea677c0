"""What can go wrong on the way out.

None of these says which address it was about: errors end up in logs, and the addresses of items are
secrets. The caller knows what it asked for.
"""


class EgressError(Exception):
    """A request that brought no answer. ``reason`` is a fixed word, safe to log and to count."""

    sentence = "The request brought no answer."

    def __init__(self, reason: str) -> None:
        super().__init__(f"{self.sentence} ({reason})")
        self.reason = reason


class RefusedAddress(EgressError):
    """We do not call that address; nothing was sent to it.

    Reasons: those of ``engine.addresses.UnusableAddress``, and ``port``, ``not_public``, ``onion``,
    ``other_site`` (not the peer that was configured), ``body_to_other_site`` (a redirect asked us
    to hand what we send to somebody else).
    """

    sentence = "This address may not be called."


class Unreachable(EgressError):
    """Nobody answered, or not in HTTP.

    Reasons: ``no_such_name``, ``no_connection``, ``certificate``, ``tls``, ``broken_off``,
    ``not_http``.
    """

    sentence = "The other side could not be reached."


class TooSlow(EgressError):
    """All of it (look-up, connections, redirects, body) took longer than the policy allows."""

    sentence = "The other side took too long."


class TooLarge(EgressError):
    """The answer is larger than the policy allows, as sent or unpacked."""

    sentence = "The answer is too large."


class TooManyRedirects(EgressError):
    """The other side sent us on more often than the policy allows."""

    sentence = "The other side keeps sending us on."


class UnreadableAnswer(EgressError):
    """The body is packed in a way we did not ask for and cannot undo; its bytes would mislead."""

    sentence = "The answer is packed in a way we cannot read."
