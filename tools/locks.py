"""Look through the requirement locks: a hash for everything, and no place to download from.

Run as `python -m tools.locks`. A lock that named a host would break for whoever uses a mirror.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "requirements"
_PINNED = re.compile(r"^[a-z0-9][a-z0-9.\-]*(\[[a-z0-9,.\-]+\])?==[^\s;]+")
_HASH = re.compile(r"^--hash=sha256:[0-9a-f]{64}$")
_PLACE = re.compile(r"https?:|file:|git\+|\s@\s|^\s*--?(?!hash=)[a-z]", re.MULTILINE)


def main() -> int:
    """Print what is wrong with each lock; 1 when something is."""
    found = [
        f"{path.name}: {problem}"
        for path in sorted(FOLDER.glob("*.txt"))
        for problem in problems(path.read_text("utf-8"))
    ]
    for line in found:
        print(line)
    return 1 if found else 0


def problems(text: str) -> list[str]:
    """What is wrong with the text of a lock, in words."""
    found = []
    words = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    if place := _PLACE.search(words):
        found.append(f"names a place or an option: {place.group().strip()!r}")
    for requirement in words.replace("\\\n", " ").splitlines():
        found += _problems_of_one(requirement.strip())
    return found


def _problems_of_one(requirement: str) -> list[str]:
    if not requirement:
        return []
    name = requirement.split("==", maxsplit=1)[0][:60]
    if not _PINNED.match(requirement):
        return [f"{name!r} is not pinned to one version"]
    hashes = [word for word in requirement.split() if word.startswith("--hash")]
    if not hashes or not all(_HASH.match(word) for word in hashes):
        return [f"{name!r} has no SHA-256 for each of its files"]
    return []


if __name__ == "__main__":
    sys.exit(main())
