"""What OpenAPI says of feedback, corrections and webhooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tocsin.domain.corrections.types import STOPNCII, Verdict
from tocsin.doors.api.v2 import corrections, feedback, wire_corrections
from tocsin.doors.api.v2.described_jobs import REPEATED

Json = dict[str, Any]
Parts = Callable[..., Json]

SHOWN = [
    wire_corrections.FeedbackRequest,
    wire_corrections.FeedbackAnswered,
    wire_corrections.CorrectionsAnswered,
    wire_corrections.AcknowledgeRequest,
    wire_corrections.Acknowledged,
    wire_corrections.WebhookRequest,
    wire_corrections.WebhookTold,
    wire_corrections.SigningKeys,
]

_BEARER: list[dict[str, list[str]]] = [{"bearer": []}]


def paths(*, body: Parts, answer: Parts, refusals: Parts) -> Json:
    """The paths of corrections, built with the same parts as all others."""

    def post(
        name: str,
        summary: str,
        request: tuple[str, int],
        told: tuple[str, str],
        *parameters: Json,
        also: tuple[int, ...] = (),
    ) -> Json:
        again = (409,) if parameters else ()
        return {
            "post": {
                "operationId": name,
                "summary": summary,
                "security": _BEARER,
                "parameters": list(parameters),
                "requestBody": body(*request),
                "responses": {
                    "200": answer(*told),
                    **refusals(400, 401, *also, 408, *again, 413, 415, 422, 429, 503),
                },
            }
        }

    def get(
        name: str,
        summary: str,
        told: tuple[str, str],
        *parameters: Json,
        also: tuple[int, ...] = (),
    ) -> Json:
        wrong = (422,) if parameters else ()
        return {
            "get": {
                "operationId": name,
                "summary": summary,
                "security": _BEARER,
                "parameters": list(parameters),
                "responses": {"200": answer(*told), **refusals(401, *also, *wrong, 429, 503)},
            }
        }

    return {
        "/v2/feedback": post(
            "giveFeedback",
            "Say of entries that they are right or wrong, and appeal",
            ("FeedbackRequest", feedback.MOST_BYTES),
            ("FeedbackAnswered", "One result for each item, in the order sent."),
            REPEATED,
        ),
        "/v2/corrections": get(
            "pollCorrections",
            "What you were told and is no longer so",
            ("CorrectionsAnswered", "Corrections of your party, oldest first."),
            _after(),
        ),
        "/v2/corrections/acknowledge": post(
            "acknowledgeCorrections",
            "Say up to where you have worked them in",
            ("AcknowledgeRequest", corrections.MOST_BYTES),
            ("Acknowledged", "Up to where your party has by now."),
            also=(403,),
        ),
        "/v2/webhook": post(
            "setWebhook",
            "Have corrections sent to you",
            ("WebhookRequest", corrections.MOST_BYTES),
            ("WebhookTold", "The address is kept; it is used when it has answered our challenge."),
            also=(403,),
        ),
        "/v2/webhook/state": get(
            "describeWebhook",
            "How your webhook is doing",
            ("WebhookTold", "The newest address that your party set."),
            also=(403,),
        ),
        "/v2/webhook/keys": {"get": _keys(answer)},
    }


def say_what_belongs_together(schemas: Json) -> None:
    """Add to the schema of a word which of its fields need or exclude one another."""
    null = {"type": "null"}
    theirs = [value.value for value in wire_corrections.StopNcii]
    down = [value for value in theirs if STOPNCII[value][0] is Verdict.DOWN]
    rest = [value for value in theirs if value not in down]
    others = [verdict.value for verdict in Verdict if verdict is not Verdict.DOWN]

    def own(verdicts: list[str]) -> Json:
        fields = {"verdict": {"enum": verdicts}, "reason": {"type": "string"}}
        return {
            "required": ["verdict", "reason"],
            "properties": {**fields, "feedback_value": null},
        }

    def foreign(values: list[str]) -> Json:
        fields = {"feedback_value": {"enum": values}, "verdict": null, "reason": null}
        return {"required": ["feedback_value"], "properties": fields}

    # Said this way round, because a generator of clients trips over a constant of `false`.
    disputed = {"required": ["dispute"], "properties": {"dispute": {"const": True}}}
    undisputed = {"not": disputed}
    schemas["FeedbackItem"]["anyOf"] = [
        own([Verdict.DOWN.value]),
        {"allOf": [own(others), undisputed]},
        foreign(down),
        {"allOf": [foreign(rest), undisputed]},
    ]


def _after() -> Json:
    return {
        "name": "after",
        "in": "query",
        "required": False,
        "description": "The `cursor` of the last answer; 0 for the beginning.",
        "schema": {"type": "integer", "minimum": 0, "maximum": wire_corrections.MOST_CURSOR},
    }


def _keys(answer: Parts) -> Json:
    told = answer("SigningKeys", "Our public keys for webhooks, the one in use last.")
    return {
        "operationId": "signingKeys",
        "summary": "What our webhooks are signed with",
        "security": [],
        "responses": {"200": {name: told[name] for name in ("description", "content")}},
    }
