"""Certificates are verified."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.client.faulty import a_client
from tocsin.client import Answer, Question, Settings, Why

pytestmark = pytest.mark.server


def certificate(folder: Path, host: str) -> Path:
    """A certificate for `host` that nobody knows, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{host}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Handler(BaseHTTPRequestHandler):
    asked = 0

    def do_POST(self) -> None:
        type(self).asked += 1
        self.send_error(404)

    def log_message(self, *args: object) -> None:
        pass


class Quiet(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        pass


@pytest.fixture
def pem(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return certificate(tmp_path, request.param)


@pytest.fixture
def url(pem: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = Quiet(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    Handler.asked = 0
    yield f"https://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def why(url: str, ca_file: Path | None) -> Why | None:
    settings = Settings(tries=1, decoders=1, ca_file=str(ca_file) if ca_file else None)
    with a_client(url, settings=settings) as client:
        [verdict] = client.check([Question(md5=bytes(16))])
    assert verdict.answer is Answer.UNKNOWN
    return verdict.why


@pytest.mark.parametrize("pem", ["localhost"], indirect=True)
def test_a_certificate_that_nobody_knows_is_refused_unless_it_is_named(url: str, pem: Path) -> None:
    assert why(url, None) is Why.UNREACHABLE
    assert Handler.asked == 0
    assert why(url, pem) is Why.REFUSED
    assert Handler.asked == 1


@pytest.mark.parametrize("pem", ["elsewhere.example"], indirect=True)
def test_a_certificate_of_another_host_is_refused(url: str, pem: Path) -> None:
    assert why(url, pem) is Why.UNREACHABLE
    assert Handler.asked == 0
