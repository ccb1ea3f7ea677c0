"""Clients as people write them with `requests`, for services that have no SDK: `web_client.py`.

`photodna` is how a careless client of PhotoDNA Cloud reads its answers, `hma` how one of HMA does.
Runs in an environment that has `requests` and nothing of ours; reads requests from standard input.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import requests


def photodna(asked: dict[str, Any]) -> dict[str, Any]:
    """Match or MatchHash; `clean` as clients decide it that look at nothing but `IsMatch`."""
    headers = {"Ocp-Apim-Subscription-Key": asked["key"]}
    url = f"{asked['base']}/facade/photodna/v1.0/{asked['place']}"
    if "file" in asked:
        headers["Content-Type"] = "image/png"
        body: dict[str, Any] = {"data": base64.b64decode(asked["file"])}
    else:
        body = {"json": asked["json"]}
    answer = requests.post(url, headers=headers, timeout=asked["timeout"], **body)
    answer.raise_for_status()
    told = answer.json()
    results = told.get("MatchResults", [told])
    return {
        "clean": not any(one["IsMatch"] for one in results),
        "codes": [one["Status"]["Code"] for one in results],
        "flags": [one["MatchDetails"]["MatchFlags"] for one in results],
        "tracking": [one["TrackingId"] for one in results],
    }


def hma(asked: dict[str, Any]) -> dict[str, Any]:
    """A look-up by signal, or of a file in a form; `clean` where no bank has a match."""
    headers = {"Authorization": f"Bearer {asked['key']}"}
    url = f"{asked['base']}/facade/hma/{asked['place']}"
    if "file" in asked:
        files = {asked["field"]: ("a.png", base64.b64decode(asked["file"]), "image/png")}
        answer = requests.post(url, headers=headers, files=files, timeout=asked["timeout"])
    else:
        answer = requests.get(url, headers=headers, params=asked["query"], timeout=asked["timeout"])
    answer.raise_for_status()
    return {"clean": not any(answer.json().values()), "told": answer.json()}


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """What came back, or what was raised."""
    try:
        return {"photodna": photodna, "hma": hma}[asked["wire"]](asked)
    except requests.RequestException as error:
        return {"raised": type(error).__name__, "status": getattr(error.response, "status_code", 0)}


if __name__ == "__main__":
    json.dump([answer(asked) for asked in json.load(sys.stdin)], sys.stdout)
