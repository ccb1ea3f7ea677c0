"""Draws the canaries: two pictures of one landscape that was never anywhere.

    python -m tools.draw_canaries

Writes `exact.jpg`, of which the checker knows the digests and the PDQ, and `near.jpg`, the same
made smaller, known by its PDQ alone, into src/tocsin/domain/providers/canaries; and what the
checker knows into src/tocsin/domain/matching/canaries.json.
"""

import io
import json
from pathlib import Path

from PIL import Image

from tocsin.engine import fingerprint
from tools.landscapes import AUTUMN, Scene, draw

DOMAIN = Path(__file__).parent.parent / "src/tocsin/domain"
SCENE = Scene(
    "canary", 4_711, AUTUMN, (0.3, 0.22, 0.06), ((0.4, 0.24), (0.7, 0.1)), trees=7, tower=0.8
)


def main() -> None:
    """Write the pictures and what is known of them."""
    picture = draw(SCENE)
    exact = _jpeg(picture, 85)
    near = _jpeg(picture.resize((picture.width * 5 // 8, picture.height * 5 // 8)), 70)
    (DOMAIN / "providers/canaries/exact.jpg").write_bytes(exact)
    (DOMAIN / "providers/canaries/near.jpg").write_bytes(near)
    found = fingerprint(exact)
    known = {name: _hex(getattr(found, name)) for name in ("md5", "sha1", "sha256", "pdq")}
    (DOMAIN / "matching/canaries.json").write_text(json.dumps(known, indent=2) + "\n", "utf-8")


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    kept = io.BytesIO()
    picture.convert("RGB").save(kept, "JPEG", quality=quality)
    return kept.getvalue()


def _hex(value: bytes | None) -> str:
    if value is None:
        raise ValueError("a canary needs every fingerprint")
    return value.hex()


if __name__ == "__main__":
    main()
