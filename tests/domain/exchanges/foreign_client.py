"""The public client of both services, as a programme of its own: `foreign_client.py WHAT URL …`.

It runs in an environment that has that client and nothing of ours, and prints what it got as JSON.
"""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace
from typing import Any, cast

USERNAME, PASSWORD = "tocsin", "p&ss:wörd"


def stopncii(url: str) -> list[dict[str, Any]]:
    """All records, page by page."""
    return [
        {"signal": r.signalType.value, "value": r.hashValue, "status": r.hashStatus.value}
        for answer in _stopncii(url).fetch_hashes_iter()
        for r in answer.hashRecords
    ]


def stopncii_feedback(url: str, value: str) -> list[dict[str, Any]]:
    """One word on one record."""
    from threatexchange.exchanges.clients.stopncii import api

    kind, word = api.StopNCIISignalType.ImagePDQ, api.StopNCIICSPFeedbackValue.NotBlocked
    _stopncii(url).submit_feedback(kind, value, word, {"meme"})
    return []


def ncmec(url: str, start: str, stop: str) -> list[dict[str, Any]]:
    """All entries of a window, page by page."""
    return [
        {"member": str(e.member_id), "id": e.id, "gone": e.deleted, "kind": e.entry_type.value,
         "prints": e.fingerprints, "classification": e.classification}
        for answer in _ncmec(url).get_entries_iter(
            start_timestamp=int(start), end_timestamp=int(stop))
        for e in answer.updates
    ]  # fmt: skip


def ncmec_vote(url: str, member: str, own_id: str, guid: str) -> list[dict[str, Any]]:
    """A vote for, and a vote against."""
    from threatexchange.exchanges.clients.ncmec import hash_api

    md5, sha1 = hash_api.FingerprintType.md5, hash_api.FingerprintType.sha1
    client = _ncmec(url)
    client.submit_feedback(int(member), own_id, md5, hash_api.FeedbackType.upvote)
    client.submit_feedback(int(member), own_id, sha1, hash_api.FeedbackType.downvote, guid)
    return []


def _stopncii(url: str) -> Any:
    from threatexchange.exchanges.clients.stopncii import api

    keys = {api.StopNCIIEndpoint.SubmitFeedback: "functions"}
    return api.StopNCIIAPI("subscription", "functions", keys, base_url_override=url)


def _ncmec(url: str) -> Any:
    from threatexchange.exchanges.clients.ncmec import hash_api

    environment = cast("Any", SimpleNamespace(value=url))
    # `requests` writes a password of text in latin-1; what the stand-in knows is in UTF-8.
    client = hash_api.NCMECHashAPI(USERNAME, PASSWORD, environment)
    client.password = PASSWORD.encode()
    return client


if __name__ == "__main__":
    known: dict[str, Any] = {
        "stopncii": stopncii,
        "stopncii_feedback": stopncii_feedback,
        "ncmec": ncmec,
        "ncmec_vote": ncmec_vote,
    }
    json.dump(known[sys.argv[1]](*sys.argv[2:]), sys.stdout)
