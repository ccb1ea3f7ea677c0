"""What OpenAPI says of receipts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tocsin.doors.api.v2 import receipts, wire_receipts

Json = dict[str, Any]
Parts = Callable[..., Json]

SHOWN = [wire_receipts.ReceiptProof, wire_receipts.LogHead, wire_receipts.JwkSet]

ASKED_BY_HEADER: Json = {
    "name": "Tocsin-Receipt",
    "in": "header",
    "required": False,
    "description": "`true` asks for a signed receipt with the answer.",
    "schema": {"type": "string", "enum": ["true", "false"]},
}


def paths(*, answer: Parts, refusals: Parts) -> Json:
    """The paths of the log of receipts, built with the same parts as all others."""
    keys = answer("JwkSet", "Our public keys for receipts, the one in use last.")
    return {
        "/v2/receipts/{receipt_id}/proof": {
            "get": {
                "operationId": "proveReceipt",
                "summary": "That a receipt stands in the log",
                "description": "A receipt is in the log a second after it was given, and has a "
                "proof with the next signed head, a minute later at most.",
                "security": [{"bearer": []}],
                "parameters": [_receipt_id()],
                "responses": {
                    "200": answer("ReceiptProof", "The proof, under the newest head."),
                    **refusals(401, 404, 410, 429, 503),
                },
            }
        },
        "/v2/receipts/head": {
            "get": {
                "operationId": "headOfReceipts",
                "summary": "The newest signed head of the log of receipts",
                "security": [{"bearer": []}],
                "parameters": [_earlier()],
                "responses": {
                    "200": answer("LogHead", "The head; with `from`, also that the log only grew."),
                    **refusals(401, 422, 429, 503),
                },
            }
        },
        "/v2/receipts/keys": {
            "get": {
                "operationId": "receiptKeys",
                "summary": "What receipts are signed with",
                "security": [],
                "responses": {"200": {name: keys[name] for name in ("description", "content")}},
            }
        },
    }


def _receipt_id() -> Json:
    return {
        "name": "receipt_id",
        "in": "path",
        "required": True,
        "description": "The `id` of the receipt.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{32}\\.(0|[1-9][0-9]{0,8})$"},
    }


def _earlier() -> Json:
    return {
        "name": "from",
        "in": "query",
        "required": False,
        "description": "The size of an earlier head, to be shown that the log only grew.",
        "schema": {"type": "integer", "minimum": 0, "maximum": receipts.MOST_SIZE},
    }
