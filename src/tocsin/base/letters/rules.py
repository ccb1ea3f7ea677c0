"""What of a mail server's words may be kept."""

from __future__ import annotations

import re

MOST_CHARACTERS = 300
# A web address, a host name with or without a path, a bare IP address with a path.
_ADDRESS = re.compile(r"\S*://\S*|\S*\w\.[^\W\d_]{2,}\S*|\S*\d(?:\.\d+){3}/\S*")


def without_addresses(said: str) -> str:
    """A refusal as it may stand in a table and on the administrator's page: no address in it.

    Spam filters quote the address that a letter is about ("message contains …"), and addresses of
    items are secrets.
    """
    return _ADDRESS.sub("…", " ".join(said.split()))[:MOST_CHARACTERS]
