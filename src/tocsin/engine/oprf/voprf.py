"""The verifiable mode of RFC 9497 with ristretto255-SHA512: blind, evaluate and prove, finalize.

Names follow the RFC. The proof (a DLEQ over the whole batch) shows that every element was
evaluated with the one key whose public half everybody is told, so a server cannot give one client
a key of its own and know it again by that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.engine.oprf import ristretto
from tocsin.engine.oprf.ristretto import ELEMENT_BYTES, NotAnElement, element

PROOF_BYTES: Final = 2 * ristretto.SCALAR_BYTES
MOST_IN_BATCH: Final = 0xFFFF
"""The place of an element is two bytes of what is proved (RFC 9497, 2.2.1)."""

_CONTEXT: Final = b"OPRFV1-\x01-ristretto255-SHA512"
_BLOCK_BYTES: Final = 128  # of SHA-512


class ProofWrong(Exception):
    """The evaluated elements were not all made with the key that was told."""


@dataclass(frozen=True, slots=True, repr=False)
class Blinded:
    """An input and the element that is sent for it; `blind` is used once and told nobody."""

    input: bytes
    blind: bytes
    element: bytes


@dataclass(frozen=True, slots=True, repr=False)
class SecretKey:
    """A server's key. `public` is what clients check proofs with."""

    scalar: bytes
    public: bytes

    @classmethod
    def derived(cls, seed: bytes, info: bytes) -> SecretKey:
        """DeriveKeyPair (3.2.1): the same key for the same 32 bytes of seed and the same info."""
        if len(seed) != ristretto.SCALAR_BYTES:
            raise ValueError("a seed has 32 bytes")
        for counter in range(256):
            scalar = _hash_to_scalar(
                seed + _with_length(info) + bytes([counter]), b"DeriveKeyPair" + _CONTEXT
            )
            if any(scalar):
                return cls(scalar, ristretto.times_base(scalar))
        raise ValueError("no key comes of this seed")  # once in 2 ** 64,000

    def evaluate(self, elements: Sequence[bytes]) -> tuple[list[bytes], bytes]:
        """BlindEvaluate for a batch: each element under the key, and one proof for all.

        Raises NotAnElement, and ValueError for none or more than `MOST_IN_BATCH`.
        """
        return self._evaluate(elements, ristretto.random_scalar())

    def output(self, value: bytes) -> bytes:
        """Evaluate (3.3.2): the 64 bytes that a client gets for this input, without its help."""
        return _output(value, ristretto.times(self.scalar, _hash_to_group(value)))

    def _evaluate(self, elements: Sequence[bytes], random: bytes) -> tuple[list[bytes], bytes]:
        _fits(elements)
        evaluated = [ristretto.times(self.scalar, element(one)) for one in elements]
        weights = _weights(self.public, elements, evaluated)
        together = _sum(weights, elements)
        challenge = _challenge(
            self.public,
            together,
            ristretto.times(self.scalar, together),
            ristretto.times_base(random),
            ristretto.times(random, together),
        )
        answer = ristretto.difference(random, ristretto.product(challenge, self.scalar))
        return evaluated, challenge + answer


def blind(value: bytes) -> Blinded:
    """Blind (3.3.2): what to send for this input. Whoever gets it learns nothing of the input."""
    return blinded_with(value, ristretto.random_scalar())


def blinded_with(value: bytes, scalar: bytes) -> Blinded:
    """The same with a blind that is given: for test vectors only."""
    return Blinded(value, scalar, ristretto.times(scalar, _hash_to_group(value)))


def finalize(
    asked: Sequence[Blinded], evaluated: Sequence[bytes], proof: bytes, public: bytes
) -> list[bytes]:
    """Finalize (3.3.2) for a batch: 64 bytes for each input.

    Raises ProofWrong, also for another number of elements or what is no element.
    """
    try:
        _fits(asked)
        _verify([one.element for one in asked], evaluated, proof, public)
        return [
            _output(one.input, ristretto.times(ristretto.inverse(one.blind), told))
            for one, told in zip(asked, evaluated, strict=True)
        ]
    except ValueError as error:
        raise ProofWrong("the server's answer is no evaluation of what was sent") from error


def _verify(
    elements: Sequence[bytes], evaluated: Sequence[bytes], proof: bytes, public: bytes
) -> None:
    challenge, answer = proof[: ristretto.SCALAR_BYTES], proof[ristretto.SCALAR_BYTES :]
    if not (ristretto.is_scalar(challenge) and ristretto.is_scalar(answer)):
        raise ProofWrong("a proof is two scalars")
    if len(elements) != len(evaluated):
        raise ProofWrong("another number of elements came back than was sent")
    for one in (public, *evaluated):
        element(one)
    weights = _weights(public, elements, evaluated)
    together, together_evaluated = _sum(weights, elements), _sum(weights, evaluated)
    expected = _challenge(
        public,
        together,
        together_evaluated,
        ristretto.add(ristretto.times_base(answer), ristretto.times(challenge, public)),
        ristretto.add(
            ristretto.times(answer, together), ristretto.times(challenge, together_evaluated)
        ),
    )
    # Nothing secret is compared: both are known to whoever made the proof.
    if expected != challenge:
        raise ProofWrong("the server did not use the key that it told")


def _fits(batch: Sequence[object]) -> None:
    if not 1 <= len(batch) <= MOST_IN_BATCH:
        raise ValueError(f"a batch has 1 to {MOST_IN_BATCH:,} elements")


def _weights(public: bytes, elements: Sequence[bytes], evaluated: Sequence[bytes]) -> list[bytes]:
    """The d_i of ComputeComposites (2.2.1): what binds the whole batch into one proof."""
    seed = hashlib.sha512(_with_length(public) + _with_length(b"Seed-" + _CONTEXT)).digest()
    head = _with_length(seed)
    return [
        _hash_to_scalar(
            head + place.to_bytes(2, "big") + _with_length(one) + _with_length(told) + b"Composite"
        )
        for place, (one, told) in enumerate(zip(elements, evaluated, strict=True))
    ]


def _sum(weights: Sequence[bytes], elements: Sequence[bytes]) -> bytes:
    total = bytes(ELEMENT_BYTES)
    for weight, one in zip(weights, elements, strict=True):
        total = ristretto.add(total, ristretto.times(weight, one))
    return total


def _challenge(public: bytes, *elements: bytes) -> bytes:
    transcript = b"".join(_with_length(one) for one in (public, *elements))
    return _hash_to_scalar(transcript + b"Challenge")


def _output(value: bytes, unblinded: bytes) -> bytes:
    return hashlib.sha512(_with_length(value) + _with_length(unblinded) + b"Finalize").digest()


def _hash_to_group(value: bytes) -> bytes:
    made = ristretto.from_uniform(_expanded(value, b"HashToGroup-" + _CONTEXT))
    if not any(made):
        raise NotAnElement("this input hashes to the identity")
    return made


def _hash_to_scalar(value: bytes, domain: bytes = b"HashToScalar-" + _CONTEXT) -> bytes:
    return ristretto.scalar_from(_expanded(value, domain))


def _expanded(value: bytes, domain: bytes) -> bytes:
    """expand_message_xmd with SHA-512 (RFC 9380, 5.3.1) for 64 bytes, which is one block."""
    tail = domain + bytes([len(domain)])
    first = hashlib.sha512(bytes(_BLOCK_BYTES) + value + b"\x00\x40\x00" + tail).digest()
    return hashlib.sha512(first + b"\x01" + tail).digest()


def _with_length(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data
