"""A bag of BagIt (RFC 8493) as one tar, made and read in memory. Plain functions.

The library of that name writes folders to disk, where what the police get must never lie in the
clear; what it makes of ours is in the tests.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from datetime import datetime

from tocsin.domain.referrals.types import PackageDamaged

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
ALGORITHMS = ("sha256", "sha512")
SIGNATURE = "signature.json"
MOST_BYTES = 64 << 20

Sign = Callable[[bytes], tuple[str, str]]
"""Signs a message: the id of the key, and the signature."""
Verify = Callable[[bytes, str, str], bool]
"""Whether a message was signed with a key of this id like this."""


def pack(
    payload: Mapping[str, bytes], info: Mapping[str, str], *, at: datetime, sign: Sign
) -> bytes:
    """The bag as a tar. `payload`: names below `data/`, with `/` between folders.

    The signature is over the tag manifest, and so over every byte of the bag but itself.
    """
    files = {f"data/{name}": content for name, content in sorted(payload.items())}
    octets = sum(map(len, files.values()))
    lines = {
        **info,
        "Bagging-Date": at.date().isoformat(),
        "Payload-Oxum": f"{octets}.{len(files)}",
    }
    tags = {
        "bagit.txt": DECLARATION,
        "bag-info.txt": "".join(f"{k}: {_one_line(v)}\n" for k, v in lines.items()).encode(),
        **{f"manifest-{name}.txt": _manifest(files, name) for name in ALGORITHMS},
    }
    tag_manifests = {f"tagmanifest-{name}.txt": _manifest(tags, name) for name in ALGORITHMS}
    key_id, signature = sign(tag_manifests["tagmanifest-sha256.txt"])
    told = {"over": "tagmanifest-sha256.txt", "key": key_id, "ed25519": signature}
    signed = {SIGNATURE: json.dumps(told, sort_keys=True).encode()}
    return _tar({**tags, **tag_manifests, **signed, **files}, at)


def unpack(data: bytes, *, verify: Verify) -> dict[str, bytes]:
    """The payload of a bag that is whole and signed; raises PackageDamaged."""
    files = _untar(data)
    if files.get("bagit.txt") != DECLARATION:
        raise PackageDamaged("There is no bagit.txt of version 1.0.")
    payload = {name: content for name, content in files.items() if name.startswith("data/")}
    tags = {n: c for n, c in files.items() if n not in payload and not n.startswith("tagmanifest")}
    tags.pop(SIGNATURE, None)
    for name in ALGORITHMS:
        _check(files, f"manifest-{name}.txt", _manifest(payload, name))
        _check(files, f"tagmanifest-{name}.txt", _manifest(tags, name))
    try:
        told = json.loads(files[SIGNATURE])
        message = files["tagmanifest-sha256.txt"]
        good = verify(message, str(told["key"]), str(told["ed25519"]))
    except (KeyError, ValueError, TypeError) as error:
        raise PackageDamaged("There is no signature.") from error
    if not good:
        raise PackageDamaged("The signature is not that of this key.")
    return {name.removeprefix("data/"): content for name, content in payload.items()}


def _check(files: Mapping[str, bytes], name: str, expected: bytes) -> None:
    if files.get(name) != expected:
        raise PackageDamaged(f"{name} does not fit what is in the bag.")


def _manifest(files: Mapping[str, bytes], algorithm: str) -> bytes:
    lines = [
        f"{hashlib.new(algorithm, content).hexdigest()}  {name}\n"
        for name, content in sorted(files.items())
    ]
    return "".join(lines).encode()


def _tar(files: Mapping[str, bytes], at: datetime) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"bag/{name}")
            entry.size, entry.mtime, entry.mode = len(content), int(at.timestamp()), 0o600
            tar.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def _untar(data: bytes) -> dict[str, bytes]:
    if len(data) > MOST_BYTES:
        raise PackageDamaged("It is larger than any bag we make.")
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
            for entry in tar:
                name = entry.name.removeprefix("bag/")
                content = tar.extractfile(entry) if entry.isfile() else None
                # Whoever made a tar that names one file twice wants two readers to see two.
                if content is None or name == entry.name or name in found:
                    raise PackageDamaged("It holds something that is no file of a bag.")
                found[name] = content.read()
    except (tarfile.TarError, EOFError, ValueError, OSError) as error:
        raise PackageDamaged("It is no tar, or it breaks off.") from error
    return found


def _one_line(text: str) -> str:
    return " ".join(text.split())
