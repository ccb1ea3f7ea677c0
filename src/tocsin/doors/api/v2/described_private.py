"""What OpenAPI says of private deltas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tocsin.doors.api.v2 import private, wire_private

Json = dict[str, Any]
Parts = Callable[..., Json]

SHOWN = [
    wire_private.EvaluateRequest,
    wire_private.Evaluation,
    wire_private.PrivateKey,
    wire_private.PrivateDelta,
]

_PARAMETERS = {
    "since": "The list version up to which you know everything.",
    "through": "`list_version` of the first page, for further ones; together with `pages`.",
    "pages": "`pages` of the first page.",
    "page": "Which page, from 0.",
}


def paths(*, body: Parts, answer: Parts, refusals: Parts) -> Json:
    """The paths of private deltas, built with the same parts as all others."""
    key = answer("PrivateKey", "The public key.")
    return {
        "/v2/private/key": {
            "get": {
                "operationId": "privateKey",
                "summary": "What evaluations are proved with, the same for everybody",
                "security": [],
                "responses": {"200": {name: key[name] for name in ("description", "content")}},
            }
        },
        "/v2/private/evaluate": {
            "post": {
                "operationId": "evaluatePrivately",
                "summary": "Evaluate digests that we cannot see (RFC 9497)",
                "security": [{"bearer": []}],
                "requestBody": body("EvaluateRequest", private.MOST_BYTES),
                "responses": {
                    "200": answer("Evaluation", "The elements under our key, and the proof."),
                    **refusals(400, 401, 403, 408, 413, 415, 422, 429, 503),
                },
            }
        },
        "/v2/private/delta": {
            "get": {
                "operationId": "readPrivateDelta",
                "summary": "What came to the lists since, for comparing with your evaluations",
                "security": [{"bearer": []}],
                "parameters": [_parameter(name, told) for name, told in _PARAMETERS.items()],
                "responses": {
                    "200": answer("PrivateDelta", "One page."),
                    **refusals(401, 403, 410, 422, 429, 503),
                },
            }
        },
    }


def _parameter(name: str, told: str) -> Json:
    return {
        "name": name,
        "in": "query",
        "required": name == "since",
        "description": told,
        "schema": {"type": "integer", "minimum": 0, "maximum": private.MOST_NUMBER - 1},
    }
