"""Lines to paste, one for each door, with a key's id and never its secret."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Snippet:
    """Lines for one door."""

    name: str
    text: str


def snippets(base_url: str, key_id: str, *, tests_only: bool) -> list[Snippet]:
    """The lines for every door; `tests_only`: for a key of the test lists."""
    test = "test/" if tests_only else ""
    host = urlsplit(base_url).netloc
    return [
        Snippet(name, text.format(base=base_url, host=host, key_id=key_id, test=test))
        for name, text in _TEXTS.items()
    ]


def verifying(base_url: str) -> str:
    """How a receipt is had and verified."""
    return _VERIFY.format(base=base_url)


_VERIFY = """\
curl {base}/v2/receipts/keys > keys.json
curl {base}/v2/checks -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d @request.json > answer.json              # with "receipt": true beside its items
curl -H "Authorization: Bearer $KEY" \\
  {base}/v2/receipts/$RECEIPT/proof > proof.json        # a minute later
tocsin receipts verify answer.json --keys keys.json --request request.json --proof proof.json
"""

_TEXTS = {
    "curl, /v2": """\
curl {base}/v2/checks \\
  -H "Authorization: Bearer {key_id}.$SECRET" \\
  -H "Content-Type: application/json" \\
  -d '{{"items": [{{"id": "upload-1", "sha256": "'$(sha256sum < upload.jpg | cut -c1-64)'"}}]}}'
""",
    "curl, /v1": """\
curl -u "{key_id}:$SECRET" {base}/v1/{test}check/md5 -d "$(md5sum < upload.jpg | cut -c1-32)"
""",
    "Python": """\
from tocsin.client import Client, Decision, Key, OutagePolicy

client = Client(
    "{base}",
    Key.from_file("/etc/tocsin/key"),  # one line: {key_id}.SECRET
    outage=OutagePolicy.HOLD,
)
verdict = client.check_file("upload.jpg", id="upload-1")
if verdict.decision is not Decision.ALLOW:
    ...  # keep it from everybody
""",
    "Middleware, for WSGI programs": """\
from tocsin.client import Client, Key, OutagePolicy
from tocsin.client.middleware import Screen, WsgiScreen

client = Client(
    "{base}",
    Key.from_file("/etc/tocsin/key"),  # one line: {key_id}.SECRET
    outage=OutagePolicy.HOLD,
)
application = WsgiScreen(application, Screen(client))  # your own application, as it was
""",
    "Middleware, for Django": """\
# mysite/uploads.py
from tocsin.client import Client, Key, OutagePolicy
from tocsin.client.middleware import Screen

screen = Screen(
    Client("{base}", Key.from_file("/etc/tocsin/key"), outage=OutagePolicy.HOLD)
)

# settings.py
TOCSIN_SCREEN = "mysite.uploads.screen"
FILE_UPLOAD_HANDLERS = [
    "tocsin.client.middleware.django.UploadCheck",  # first
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
MIDDLEWARE = ["tocsin.client.middleware.django.screened", *MIDDLEWARE]
""",
    "clamd": """\
install -m 600 /dev/stdin /etc/tocsin/gate-key  # paste {key_id}.SECRET, then Ctrl-D
export TOCSIN_GATE_CLAMD=127.0.0.1:3310 TOCSIN_GATE_KEY_FILE=/etc/tocsin/gate-key
tocsin gates
""",
    "ICAP, for Squid": """\
icap_enable on
icap_service tocsin_out reqmod_precache icap://127.0.0.1:1344/reqmod bypass=off
adaptation_access tocsin_out allow all
""",
    "nginx, in front of your own program": """\
location = /v2/checks {{
    proxy_pass {base};
    proxy_set_header Host {host};
    proxy_ssl_server_name on;
    proxy_http_version 1.1;
    proxy_request_buffering off;
    proxy_buffering off;
}}
""",
}
