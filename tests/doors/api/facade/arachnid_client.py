"""The public SDK of Arachnid Shield as a programme of its own: `arachnid_client.py` and JSON.

It runs in an environment that has that SDK and nothing of ours. Reads one request from standard
input and prints what the SDK made of it.
"""

from __future__ import annotations

import asyncio
import base64
import json
import pathlib
import sys
from typing import Any

import arachnid_shield_sdk as sdk  # type: ignore[import-not-found]
import httpx


def told(scanned: Any) -> dict[str, Any]:
    """What a user of the SDK sees."""
    if isinstance(scanned, sdk.ScannedPDQHashes):
        return {
            value: {"class": match.classification, "known": match.matches_known_media,
                    "type": match.match_type, "details": match.near_match_details}
            for value, match in scanned.scanned_hashes.items()
        }  # fmt: skip
    return {"known": scanned.matches_known_media, **scanned.to_dict()}


def work(client: Any, asked: dict[str, Any], timeout: httpx.Timeout) -> Any:
    """The call, or the coroutine of it."""
    what = asked["what"]
    if what == "bytes":
        contents = base64.b64decode(asked["contents"])
        return client.scan_media_from_bytes(contents, "image/png", timeout=timeout)
    if what == "file":
        return client.scan_media_from_file(pathlib.Path(asked["path"]), timeout=timeout)
    if what == "url":
        return client.scan_media_from_url(asked["url"], timeout=timeout)
    return client.scan_pdq_hashes(sdk.ScanMediaFromPdq(hashes=asked["hashes"]), timeout=timeout)


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """What came back, or what was raised."""
    key = {"username": asked["user"], "password": asked["password"]}
    timeout = httpx.Timeout(asked.get("timeout", 20))
    try:
        if asked.get("async"):
            client = sdk.ArachnidShieldAsync(**key)
            return told(asyncio.run(work(client, asked, timeout)))
        return told(work(sdk.ArachnidShield(**key), asked, timeout))
    except sdk.ArachnidShieldException as error:
        return {"raised": "ArachnidShieldException", "detail": str(error)}
    except httpx.HTTPError as error:
        return {"raised": type(error).__name__}


if __name__ == "__main__":
    json.dump([answer(asked) for asked in json.load(sys.stdin)], sys.stdout)
