"""Fingerprints for programs: one line of JSON for a file, or one entry of a list."""

from __future__ import annotations

import json

from tocsin.engine.fingerprints import (
    HASHER,
    Decoding,
    Fingerprints,
    FrameHash,
    PdqHash,
    PictureHashes,
    Sampling,
    Status,
    Variant,
    VideoHashes,
)


class NotForAList(Exception):
    """These fingerprints cannot make an entry; the text says why."""


def as_json(path: str, found: Fingerprints) -> str:
    """Everything that was found, as one line of JSON; hashes are lower-case hexadecimal."""
    told: dict[str, object] = {
        "path": path.encode("utf-8", "backslashreplace").decode(),
        "status": found.status.value,
        "format": found.format,
        "width": found.width,
        "height": found.height,
        "size_bytes": found.size_bytes,
        **_digests(found),
        "near_matchable": found.near_matchable,
        "pictures": [_picture(picture) for picture in found.pictures],
    }
    if found.video is not None:
        told["video"] = _video(found.video)
    # Escaped: a file name may hold a terminal's own commands.
    return json.dumps(told)


def as_entry(found: Fingerprints, list_id: str) -> str:
    """One line of our own list format for `tocsin lists import`, without the file's name.

    A picture that must not match alone comes with its digests only. Raises NotForAList for an
    empty or damaged file, and when a hash is not of every pixel: a list must hold the exact ones.
    """
    if not found.size_bytes or found.status is Status.CORRUPT:
        raise NotForAList("it is empty or damaged, and so are files of innocent people")
    # What must not match alone would do so elsewhere, where nobody knows of the gate.
    pictures = [picture for picture in found.pictures[:1] if picture.gate is None]
    if any(picture.pdq.decoding is not Decoding.WHOLE for picture in pictures):
        raise NotForAList("a list needs hashes of every pixel, and these were made for asking")
    fingerprints: list[dict[str, object]] = [
        {"algo": algo, "value": value} for algo, value in _digests(found).items()
    ]
    fingerprints += [_of_file(picture.pdq) for picture in pictures]
    if found.video is not None and found.video.sampling is Sampling.DENSE:
        fingerprints += [_of_frame(frame) for frame in found.video.frames if frame.gate is None]
    entry = {
        "schema": "hash-entry/1",
        "entry_id": "",
        "source": {"list_id": list_id, "format": "native"},
        "source_entry_id": found.sha256.hex(),
        "media_type": _media_type(found),
        "media": {"size_bytes": found.size_bytes, "width": found.width, "height": found.height},
        "status": "active",
        "fingerprints": fingerprints,
    }
    return json.dumps(entry)


def _media_type(found: Fingerprints) -> str:
    if found.video is not None:
        return "video"
    return "image" if found.pictures else "unknown"


def _of_file(pdq: PdqHash) -> dict[str, object]:
    return {
        "algo": "pdq",
        "value": pdq.value.hex(),
        "quality": pdq.quality,
        "tool": pdq.hasher,
        "of": "file",
    }


def _of_frame(frame: FrameHash) -> dict[str, object]:
    return {
        "algo": "pdq",
        "value": frame.value.hex(),
        "quality": frame.quality,
        "tool": HASHER,
        "of": "frame",
        "frame": frame.number,
        "offset_s": round(frame.seconds, 3),
    }


def _digests(found: Fingerprints) -> dict[str, str]:
    return {"md5": found.md5.hex(), "sha1": found.sha1.hex(), "sha256": found.sha256.hex()}


def _picture(picture: PictureHashes) -> dict[str, object]:
    told: dict[str, object] = {
        "origin": picture.origin.value,
        "number": picture.number,
        "width": picture.width,
        "height": picture.height,
        "pdq": _hash(picture.pdq),
        "pdq_512": _hash(picture.pdq_512),
        "pdq_oriented": _hash(picture.pdq_oriented),
        "never_alone": picture.gate.value if picture.gate else None,
    }
    if picture.variants:
        told["variants"] = [_variant(variant) for variant in picture.variants]
    return told


def _variant(variant: Variant) -> dict[str, object]:
    return {
        "transformation": variant.transformation,
        "value": variant.value.hex(),
        "quality": variant.quality,
    }


def _hash(pdq: PdqHash | None) -> dict[str, object] | None:
    if pdq is None:
        return None
    return {
        "value": pdq.value.hex(),
        "quality": pdq.quality,
        "dialect": pdq.dialect.value,
        "decoding": pdq.decoding.value,
        "hasher": pdq.hasher,
    }


def _video(video: VideoHashes) -> dict[str, object]:
    return {
        "sampling": video.sampling.value,
        "duration_seconds": video.duration_seconds,
        "frames": [_frame(frame) for frame in video.frames],
        "cropped": [_frame(frame) for frame in video.cropped],
        "oriented": [_frame(frame) for frame in video.oriented],
        "variants": [
            {"number": frame.number, "variants": [_variant(v) for v in frame.variants]}
            for frame in video.variants
        ],
    }


def _frame(frame: FrameHash) -> dict[str, object]:
    return {
        "number": frame.number,
        "seconds": round(frame.seconds, 3),
        "value": frame.value.hex(),
        "quality": frame.quality,
        "never_alone": frame.gate.value if frame.gate else None,
    }
