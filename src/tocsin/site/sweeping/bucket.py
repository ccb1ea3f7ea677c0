"""An S3 bucket, or one of a store that speaks S3: listed by page, fetched object by object."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from tocsin.base.egress import Answer, Egress, EgressError, TooLarge, configured_peer
from tocsin.engine.addresses import UnusableAddress, split
from tocsin.engine.fingerprints import Fingerprints, Status
from tocsin.site.sweeping.credentials import NoCredentials, Profile
from tocsin.site.sweeping.pages import Page, UnreadablePage, problem_code, read_page
from tocsin.site.sweeping.signing import Request, escaped, escaped_path, signed
from tocsin.site.sweeping.types import CannotList, Fingerprinting, Stored, Taken

TRIES: Final = 4
FIRST_PAUSE_SECONDS = 1.0
PIECE_BYTES: Final = 16 << 20
DEADLINE_SECONDS: Final = 120.0
_PAGE_BYTES: Final = 16 << 20
_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_GONE: Final = "is gone since it was listed"
_CHANGED: Final = "has changed since it was listed"
_NO_MD5: Final = "was stored in parts, so that its ETag is no MD5, and nothing is fetched here"
_KEYED: Final = "is encrypted with a key, so that its ETag is no MD5, and nothing is fetched here"


class _NotSent(Exception):
    """A request brought no answer, after all tries."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """The objects of a bucket whose keys start with `prefix`.

    `endpoint` is the address of a store of one's own, or "" for AWS. Which key is used, each
    process finds out by itself from `profile` and its environment: no secret is in here.
    """

    name: str
    prefix: str
    profile: Profile = field(default_factory=Profile)
    endpoint: str = ""
    region: str = "us-east-1"
    egress: Egress = field(default_factory=Egress, compare=False, repr=False)

    @property
    def text(self) -> str:
        return f"s3://{self.name}/{self.prefix}"

    def named(self, key: str) -> str:
        return f"s3://{self.name}/{key}"

    def pages(self) -> Iterator[list[Stored]]:
        """A thousand at a time, by key. Raises CannotList."""
        going_on = ""
        while True:
            page = self._page(going_on)
            yield page.stored
            going_on = page.going_on
            if not going_on:
                return

    def take(self, stored: Stored, fingerprint: Fingerprinting) -> Taken:
        """Fetch in one piece and fingerprint; what is too large gets digests, piece by piece."""
        try:
            if stored.size_bytes > fingerprint.max_bytes:
                return self._digested(stored)
            answer = self._ask("GET", stored.key, max_bytes=fingerprint.max_bytes)
        except TooLarge:
            return Taken(reason=_CHANGED)
        except (_NotSent, NoCredentials) as error:
            return Taken(reason=str(error))
        reason = _why_not(answer) or _other(answer, stored)
        return Taken(reason=reason) if reason else Taken(fingerprint(answer.body))

    def confirm(self, stored: Stored) -> Taken:
        """Ask for the headers alone: only they tell how an object is encrypted."""
        if md5_of(stored) is None:
            return Taken(reason=_NO_MD5)
        try:
            answer = self._ask("HEAD", stored.key, max_bytes=_PAGE_BYTES)
        except (_NotSent, NoCredentials) as error:
            return Taken(reason=str(error))
        reason = _why_not(answer) or _other(answer, stored)
        if reason is None and not self._plain(answer):
            reason = _KEYED
        return Taken(reason=reason, etag_is_md5=reason is None)

    def _plain(self, answer: Answer) -> bool:
        """AWS keeps MD5 as ETag under its own keys (AES256, the default); other stores do not say
        so, and some make up an ETag for whatever they encrypt."""
        if "x-amz-server-side-encryption-customer-algorithm" in answer.headers:
            return False
        encryption = answer.headers.get("x-amz-server-side-encryption", "")
        return not encryption or (encryption == "AES256" and not self.endpoint)

    def _page(self, going_on: str) -> Page:
        query = {"list-type": "2", "prefix": self.prefix, "encoding-type": "url"}
        if going_on:
            query["continuation-token"] = going_on
        try:
            answer = self._ask("GET", "", query=query, max_bytes=_PAGE_BYTES)
            if answer.status != 200:
                raise CannotList(f"the store does not list {self.text}: {_refusal(answer)}.")
            return read_page(answer.body)
        except (_NotSent, NoCredentials, UnreadablePage, TooLarge) as error:
            raise CannotList(f"the store does not list {self.text}: {error}") from error

    def _digested(self, stored: Stored) -> Taken:
        md5 = hashlib.md5(usedforsecurity=False)
        sha1 = hashlib.sha1(usedforsecurity=False)
        sha256 = hashlib.sha256()
        for start in range(0, stored.size_bytes, PIECE_BYTES):
            end = min(start + PIECE_BYTES, stored.size_bytes) - 1
            wanted = {"range": f"bytes={start}-{end}"}
            answer = self._ask("GET", stored.key, headers=wanted, max_bytes=PIECE_BYTES)
            reason = _why_not(answer) or _other(answer, stored)
            if reason is None and (answer.status != 206 or len(answer.body) != end - start + 1):
                reason = "does not come in pieces"
            if reason:
                return Taken(reason=reason)
            for digest in (md5, sha1, sha256):
                digest.update(answer.body)
        return Taken(
            Fingerprints(
                status=Status.TOO_LARGE,
                size_bytes=stored.size_bytes,
                md5=md5.digest(),
                sha1=sha1.digest(),
                sha256=sha256.digest(),
            )
        )

    def _ask(
        self,
        method: str,
        key: str,
        *,
        max_bytes: int,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Raises _NotSent when all tries brought nothing, TooLarge, and NoCredentials."""
        origin, path = self._address(key)
        policy = configured_peer(origin).limited_to(
            max_bytes=max_bytes, deadline_seconds=DEADLINE_SECONDS, max_redirects=0
        )
        host = origin.partition("://")[2]
        request = Request(method, host, path, query or {}, headers or {})
        url = f"{origin}{path}" + (f"?{request.query_text}" if query else "")
        for turn in range(TRIES):
            try:
                answer = self.egress.request(
                    method, url, policy=policy, headers=self._signed(request)
                )
            except TooLarge:
                raise
            except EgressError as error:
                why = str(error)
            else:
                if answer.status not in _AGAIN:
                    return answer
                why = f"the store said {answer.status}"
            if turn + 1 < TRIES:
                time.sleep(FIRST_PAUSE_SECONDS * (1 << turn))
        raise _NotSent(why)

    def _signed(self, request: Request) -> dict[str, str]:
        credentials = self.profile.credentials()
        return signed(request, credentials, region=self.region, at=datetime.now(UTC))

    def _address(self, key: str) -> tuple[str, str]:
        """Origin and path. A name with dots fits no certificate of AWS, so it goes in the path."""
        at_aws = f"s3.{self.region}.amazonaws.com"
        if self.endpoint:
            return self.endpoint.rstrip("/"), f"/{escaped(self.name)}/{escaped_path(key)}"
        if "." in self.name:
            return f"https://{at_aws}", f"/{escaped(self.name)}/{escaped_path(key)}"
        return f"https://{escaped(self.name)}.{at_aws}", f"/{escaped_path(key)}"


def bucket_of(text: str, *, profile: Profile, endpoint: str, region: str | None) -> Bucket:
    """The bucket that `s3://NAME/PREFIX` names. Raises CannotList when it names none."""
    name, _, prefix = text.removeprefix("s3://").partition("/")
    if not text.startswith("s3://") or not name:
        raise CannotList("a bucket is named as s3://BUCKET or s3://BUCKET/PREFIX.")
    if endpoint:
        try:
            parts = split(endpoint)
        except UnusableAddress as error:
            raise CannotList("--endpoint takes an address as https://minio.example:9000") from error
        if parts.path not in {"", "/"} or parts.query:
            raise CannotList("--endpoint takes an address without a path.")
    used = region or profile.region() or "us-east-1"
    return Bucket(name=name, prefix=prefix, profile=profile, endpoint=endpoint, region=used)


def md5_of(stored: Stored) -> bytes | None:
    """The MD5 that the ETag of an object stored in one part may be, or None."""
    etag = stored.etag.lower()
    if len(etag) != 32 or set(etag) - set("0123456789abcdef"):
        return None
    return bytes.fromhex(etag)


def _other(answer: Answer, stored: Stored) -> str | None:
    etag = answer.headers.get("etag", "").strip('"')
    return _CHANGED if stored.etag and etag != stored.etag else None


def _why_not(answer: Answer) -> str | None:
    if answer.status in {200, 206}:
        return None
    if answer.status == 404:
        return _GONE
    return _refusal(answer)


def _refusal(answer: Answer) -> str:
    region = answer.headers.get("x-amz-bucket-region", "")
    lies = f"; the bucket lies in {region}: say --region" if region.isprintable() and region else ""
    code = problem_code(answer.body)
    return f"the store said {answer.status}{f' {code}' if code else ''}{lies}"
