"""Writing: propose to name a hoster, hear it, decide, withdraw."""

from tocsin.domain.figures.naming import Decision, decide, hear, propose, withdraw

__all__ = ["Decision", "decide", "hear", "propose", "withdraw"]
