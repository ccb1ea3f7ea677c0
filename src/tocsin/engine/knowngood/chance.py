"""What it means that a set keeps 64 bits of a digest, and all 256 of a PDQ.

By chance: the first 64 bits of a digest behave as drawn at random, so `asked` entries meet one of
`kept` with probability asked x kept / 2^64. Ten million entries against the 160 million of NSRL:
8.7e-5, one such accident in eleven thousand imports. It would put one entry before a person's
eyes, with the name of the source, and nothing else.

On purpose: whoever makes a file can try until the first 64 bits of its digest are those of any of
`kept` files: 2^64 / kept trials, 2^37 for NSRL, minutes for a graphics card. What that buys is the
same: the entry is held until a person looks, and that person is told when only one of the entry's
digests agrees (`rules.Judgement.alone`). MD5 can be met in full by other ways, which is why it
never outweighs a digest that disagrees (`rules`).
"""

from __future__ import annotations

from typing import Final

KEY_BITS: Final = 64
_KEYS: Final = 2.0**KEY_BITS


def expected_chance_hits(asked: int, kept: int) -> float:
    """How many of `asked` unrelated digests are expected to meet one of `kept` keys of 64 bits."""
    return asked * (kept / _KEYS)


def trials_to_meet_one(kept: int) -> float:
    """How many files somebody must make until one meets a key on purpose, on average."""
    return _KEYS / max(kept, 1)
