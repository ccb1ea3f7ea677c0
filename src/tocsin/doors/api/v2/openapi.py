"""`GET /v2/openapi.json`: the description of every endpoint, made from the structs that decode."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec

from tocsin.doors.api.http import JSON, Reply
from tocsin.doors.api.v1.check import FORMATS, LIVE, TEST
from tocsin.doors.api.v2 import (
    checks,
    described,
    described_jobs,
    described_private,
    described_receipts,
    media,
    terms,
    wire,
)

Json = dict[str, Any]

_REF = "#/components/schemas/{name}"
_DIGESTS = ("md5", "sha1", "sha256")
_RATE = {
    "RateLimit": {"schema": {"type": "string"}, "description": "What the key has left."},
    "RateLimit-Policy": {"schema": {"type": "string"}, "description": "What the key may do."},
}
_AGAIN = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
_WHY = {
    400: "The request cannot be read.",
    401: "No live key was given.",
    403: "This key is paused; or it is for the test lists, or its terms do not allow this.",
    404: "There is no such thing of your party, not yet, or not any more.",
    408: "The body took too long to arrive.",
    409: "The same request is being answered at this moment.",
    410: "The results are lost; the receipt is too old for a proof; or so is the list version.",
    413: "The body is too large.",
    415: "The body is of another type.",
    422: "The body has another form than described; nothing was done.",
    429: "The key has asked too often or too much for a day, or its party sends too many files "
    "at once.",
    503: "Nothing can be answered now. Never taken for `not_listed`.",
}


def describe() -> Reply:
    """The OpenAPI 3.1 document; open to everybody."""
    return Reply(200, _encoded(), JSON)


@cache
def _encoded() -> bytes:
    return msgspec.json.encode(document())


def document() -> Json:
    """The document as plain values."""
    shown = [
        wire.ChecksRequest,
        wire.Answered,
        wire.StreamEnd,
        wire.StreamStopped,
        wire.Unavailable,
        wire.ErrorAnswer,
        wire.ReportRequest,
        wire.Reported,
        terms.TermsTold,
        *described.SHOWN,
        *described_jobs.SHOWN,
        *described_receipts.SHOWN,
        *described_private.SHOWN,
    ]
    _, schemas = msgspec.json.schema_components(shown, ref_template=_REF)
    _say_what_belongs_together(schemas)
    described.say_what_belongs_together(schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tocsin",
            "version": "2",
            "description": "Checks pictures by fingerprint against lists of known material, and "
            "takes reports. A check that could not be made is never answered with `not_listed`.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/v2/checks": {"post": _checks()},
            "/v2/media": {"post": _media()},
            "/v2/reports": {"post": _reports()},
            "/v2/terms": {"get": terms.described(_answer, _refusals)},
            **described.paths(body=_body, answer=_answer, refusals=_refusals),
            **described_jobs.paths(answer=_answer, refusals=_refusals),
            **described_receipts.paths(answer=_answer, refusals=_refusals),
            **described_private.paths(body=_body, answer=_answer, refusals=_refusals),
            "/v2/openapi.json": {"get": _self()},
            **{f"{LIVE}{name}": {"post": _v1(name, "live")} for name in FORMATS},
            **{f"{TEST}{name}": {"post": _v1(name, "test")} for name in FORMATS},
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`KEY_ID.SECRET`, as it was shown when the key was issued.",
                },
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The key id as user name, its secret as password.",
                },
            },
        },
    }


def _say_what_belongs_together(schemas: Json) -> None:
    """Add to the item's schema which of its fields need one another."""
    none = {"pdq": {"type": "null"}, "pdq_quality": {"type": "null"}}
    no_more = {name: {"type": "null"} for name in ("pdq_512", "pdq_oriented", "pdq_variants")}
    pair = {
        "required": ["pdq", "pdq_quality"],
        "properties": {"pdq": {"type": "string"}, "pdq_quality": {"type": "number"}},
    }
    # Its items are told although they are told above: generators of clients ask for them.
    frame = {"$ref": "#/components/schemas/CheckFrame"}
    frames = {"type": "array", "minItems": 1, "items": frame}
    item = schemas["CheckItem"]
    item["anyOf"] = [
        pair,
        *(
            {
                "required": [name],
                "properties": {name: {"type": "string"}, **no_more, **none},
            }
            for name in _DIGESTS
        ),
        {
            "required": ["frames"],
            "properties": {"frames": frames, **no_more, **none},
        },
    ]
    schemas["ReportedFingerprints"]["anyOf"] = [pair, {"properties": none}]


def _checks() -> Json:
    return {
        "operationId": "check",
        "summary": "Check up to 10,000 pictures by their fingerprints",
        "description": "One wrong item refuses the whole batch, and up to 20 of them are named; "
        "with `on_error` it refuses only itself. A stream of items, one a line, is answered line "
        "for line by a `Result` each, while it is sent; the last line is a `StreamEnd` or a "
        "`StreamStopped`.",
        "security": [{"bearer": []}],
        "parameters": [described_jobs.REPEATED],
        "requestBody": _or_lines(_body("ChecksRequest", checks.MOST_BYTES), "CheckItem"),
        "responses": {
            "200": _or_lines(
                _answer("Answered", "One result for each item, in the order sent."), "Result"
            ),
            **_refusals(400, 401, 403, 408, 410, 413, 415, 422, 429),
            "503": _unavailable(),
        },
    }


def _media() -> Json:
    return {
        "operationId": "checkMedia",
        "summary": "Check one file by its bytes",
        "description": f"The body is the file itself, at most {media.MOST_BYTES:,} bytes. It is "
        "fingerprinted in memory and forgotten. A document (`text/…`, JSON, XML, SVG) is searched "
        "for pictures that are written in it as `data:` addresses.",
        "security": [{"bearer": []}],
        "parameters": [
            described_jobs.REPEATED,
            described_jobs.LEVEL,
            {
                "name": "Tocsin-Client-Id",
                "in": "header",
                "required": False,
                "description": "Your own name for the upload; it comes back in the answer.",
                "schema": {"type": "string", "maxLength": wire.MOST_ID, "pattern": "^[!-~ ]*$"},
            },
            described_receipts.ASKED_BY_HEADER,
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {}},
            },
        },
        "responses": {
            "200": _answer("Answered", "One result, for the file."),
            **_refusals(400, 401, 403, 408, 413, 415, 429),
            "503": _unavailable(),
        },
    }


def _reports() -> Json:
    return {
        "operationId": "report",
        "summary": "Report an address to the organisation's analysts",
        "description": "An address that is no web address is answered with 422. A key that must "
        "sign adds Content-Digest, Signature-Input and Signature (RFC 9421, Ed25519).",
        "security": [{"bearer": []}],
        "parameters": [described_jobs.REPEATED],
        "requestBody": _body("ReportRequest", 64_000),
        "responses": {
            "202": _answer("Reported", "The report is kept and will be looked at."),
            **_refusals(400, 401, 408, 409, 413, 415, 422, 429, 503),
        },
    }


def _self() -> Json:
    return {
        "operationId": "describe",
        "summary": "This document",
        "security": [],
        "responses": {
            "200": {
                "description": "An OpenAPI 3.1 document.",
                "content": {JSON: {"schema": {"type": "object"}}},
            }
        },
    }


def _v1(name: str, lists: str) -> Json:
    wanted = FORMATS[name]
    digits = wanted.width_bytes * 2
    pattern = f"[0-9a-fA-F]{{{digits}}}"
    if wanted.base64_too:
        pattern = f"({pattern}|[0-9a-zA-Z+/]{{{wanted.width_bytes * 4 // 3}}})"
    return {
        "operationId": f"{lists}_{name}",
        "summary": f"Is this {name} on a {lists} list? (Dutch wire)",
        "description": f"The body is one hash: {wanted.wanted}. Space around it is ignored.",
        "security": [{"basic": []}],
        "requestBody": {
            "required": True,
            "content": {"text/plain": {"schema": {"type": "string", "pattern": f"^{pattern}$"}}},
        },
        "responses": {
            "200": {
                "description": "`true` for an exact match that this key is to block, else `false`.",
                "headers": _RATE,
                "content": {
                    "text/plain": {"schema": {"type": "string", "enum": ["true", "false"]}}
                },
            },
            **_refusals(400, 401, 403, 408, 413, 429, 503),
        },
    }


def _body(schema: str, most_bytes: int) -> Json:
    return {
        "required": True,
        "description": f"At most {most_bytes:,} bytes.",
        "content": {JSON: {"schema": {"$ref": _REF.format(name=schema)}}},
    }


def _or_lines(part: Json, schema: str) -> Json:
    """The same, or lines of these."""
    return {**part, "content": {**part["content"], **described_jobs.lines(schema)}}


def _answer(schema: str, description: str) -> Json:
    return {
        "description": description,
        "headers": _RATE,
        "content": {JSON: {"schema": {"$ref": _REF.format(name=schema)}}},
    }


def _unavailable() -> Json:
    either = [{"$ref": _REF.format(name=name)} for name in ("Unavailable", "ErrorAnswer")]
    return {
        "description": _WHY[503],
        "headers": _AGAIN,
        "content": {JSON: {"schema": {"anyOf": either}}},
    }


def _refusals(*statuses: int) -> Json:
    return {
        str(status): {
            "description": _WHY[status],
            **({"headers": _AGAIN} if status in {404, 409, 429, 503} else {}),
            "content": {JSON: {"schema": {"$ref": _REF.format(name="ErrorAnswer")}}},
        }
        for status in statuses
    }
