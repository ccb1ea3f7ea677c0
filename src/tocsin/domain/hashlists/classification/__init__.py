"""What was observed of a picture, and what follows from it: codes of schemes, words of the law.

Owns observations (stated once, packed into one number), labels of the Universal Classification
Schema, and the dated data files of schemes and laws. Plain functions, no Django, no clock.
Must never guess a fact from a code beyond what its scheme's file says it implies, settle a
contradiction, or answer for a day or a place that nothing is written down of.
"""

from tocsin.domain.hashlists.classification.deriving import (
    Asserted,
    Code,
    Disagreement,
    NotExpressible,
    Why,
    derive,
    derive_all,
    disagreements,
    translate,
)
from tocsin.domain.hashlists.classification.law import (
    NotKnown,
    NotKnownWhy,
    Says,
    Verdict,
    asserted_as,
    iccam_code,
    jurisdictions,
    verdict,
)
from tocsin.domain.hashlists.classification.observations import (
    FLAGS,
    NOTHING_OBSERVED,
    Act,
    AgeBand,
    Contradiction,
    Gender,
    Observations,
    UnknownLayout,
    contradictions,
    observed,
    pack,
    unpack,
)
from tocsin.domain.hashlists.classification.schemes import find, schemes
from tocsin.domain.hashlists.classification.ucs import (
    NEWEST_VERSION,
    NO_LABELS,
    UCS,
    Labels,
    UnusableLabels,
)

__all__ = [
    "FLAGS",
    "NEWEST_VERSION",
    "NOTHING_OBSERVED",
    "NO_LABELS",
    "UCS",
    "Act",
    "AgeBand",
    "Asserted",
    "Code",
    "Contradiction",
    "Disagreement",
    "Gender",
    "Labels",
    "NotExpressible",
    "NotKnown",
    "NotKnownWhy",
    "Observations",
    "Says",
    "UnknownLayout",
    "UnusableLabels",
    "Verdict",
    "Why",
    "asserted_as",
    "contradictions",
    "derive",
    "derive_all",
    "disagreements",
    "find",
    "iccam_code",
    "jurisdictions",
    "observed",
    "pack",
    "schemes",
    "translate",
    "unpack",
    "verdict",
]
