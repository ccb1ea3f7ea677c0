"""An oblivious pseudorandom function: the server adds its key to a digest that it cannot see.

For: comparing what has been listed since with digests that one side keeps to itself. Owns the
verifiable mode of RFC 9497 with ristretto255-SHA512 and how much of its output is kept; the group
itself is libsodium's.
Must never: do arithmetic of its own on points, or take an element that was not looked at.
"""

from tocsin.engine.oprf.kept import (
    KEPT_BYTES,
    PROTOCOL,
    digest_input,
    false_matches,
    kept_output,
)
from tocsin.engine.oprf.ristretto import ELEMENT_BYTES, NotAnElement
from tocsin.engine.oprf.voprf import (
    MOST_IN_BATCH,
    PROOF_BYTES,
    Blinded,
    ProofWrong,
    SecretKey,
    blind,
    finalize,
)

__all__ = [
    "ELEMENT_BYTES",
    "KEPT_BYTES",
    "MOST_IN_BATCH",
    "PROOF_BYTES",
    "PROTOCOL",
    "Blinded",
    "NotAnElement",
    "ProofWrong",
    "SecretKey",
    "blind",
    "digest_input",
    "false_matches",
    "finalize",
    "kept_output",
]
