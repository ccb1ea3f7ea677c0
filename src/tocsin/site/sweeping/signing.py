"""AWS Signature Version 4 for S3: what stands in a request's headers instead of the secret.

Source: AWS, "Authenticating Requests (AWS Signature Version 4)", Amazon S3 API Reference. Only
requests without a body are made here.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote

EMPTY_SHA256: Final = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key for an object store; its secrets never show in its text form."""

    key_id: str
    secret: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """A request without a body: `host` with its port where that is not the usual one, `path` as it
    is sent, `query` and `headers` (names in lower case) still plain."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def query_text(self) -> str:
        """The query as it is signed and sent: sorted, escaped as S3 wants it."""
        pairs = sorted((escaped(name), escaped(value)) for name, value in self.query.items())
        return "&".join(f"{name}={value}" for name, value in pairs)


def escaped(text: str) -> str:
    """Each byte but letters, digits and `-._~` as %XX."""
    return quote(text, safe="-._~")


def escaped_path(key: str) -> str:
    """The same for a key, whose slashes stay."""
    return quote(key, safe="/-._~")


def signed(
    request: Request, credentials: Credentials, *, region: str, at: datetime
) -> dict[str, str]:
    """All headers to send, but `host`. `at` is in UTC."""
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    headers = {
        **request.headers,
        "x-amz-content-sha256": EMPTY_SHA256,
        "x-amz-date": stamp,
    }
    if credentials.session_token:
        headers["x-amz-security-token"] = credentials.session_token
    all_signed = {**headers, "host": request.host}
    names = ";".join(sorted(all_signed))
    canonical = "\n".join(
        [
            request.method,
            request.path,
            request.query_text,
            *(f"{name}:{all_signed[name].strip()}" for name in sorted(all_signed)),
            "",
            names,
            EMPTY_SHA256,
        ]
    )
    scope = f"{stamp[:8]}/{region}/s3/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    signature = _mac(_signing_key(credentials.secret, scope), text).hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={credentials.key_id}/{scope},"
        f"SignedHeaders={names},Signature={signature}"
    )
    return headers


def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _mac(key, part)
    return key


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
