"""Known-good sets: files that are benign and spread everywhere, known by their fingerprints.

For: whoever takes in a list or keeps one, so that no icon or sample photograph blocks anybody. Owns
the sets (building, importing, asking), the reasons to doubt an entry, and the rule of what follows.
Must never: let an entry go by itself (a person decides), write a byte of a picture, or let a
known-good MD5 outweigh a SHA that disagrees.
"""

from tocsin.engine.knowngood.building import Built, Plan, Progress, build
from tocsin.engine.knowngood.chance import expected_chance_hits, trials_to_meet_one
from tocsin.engine.knowngood.importing import Batch, Import, Imported, import_digests, list_source
from tocsin.engine.knowngood.judging import (
    Blanks,
    Doubt,
    Finding,
    Judge,
    Known,
    OneSet,
    Outweighed,
)
from tocsin.engine.knowngood.looking import Fingerprint, options_for
from tocsin.engine.knowngood.manifest import Manifest, read_manifest
from tocsin.engine.knowngood.rules import (
    JUDGEMENTS,
    NEAR_BITS,
    NO_DISTANCE,
    Ground,
    Judgement,
    Step,
    judged,
    judged_all,
    outweighed,
    outweighed_all,
)
from tocsin.engine.knowngood.sets import Hits, KnownGoodSet, NearHits, shipped, shipped_folder
from tocsin.engine.knowngood.suspicion import (
    PDQ_REASONS,
    SIZE_REASONS,
    Entry,
    Reason,
    digests_are_blank,
    pdq_flags,
    reasons_against,
    size_flags,
)
from tocsin.engine.knowngood.trying import Tried, try_files
from tocsin.engine.knowngood.types import NO_SOURCE, Digest, Maker, Source, Trouble, WrongSet
from tocsin.engine.knowngood.writing import SetWriter

__all__ = [
    "JUDGEMENTS",
    "NEAR_BITS",
    "NO_DISTANCE",
    "NO_SOURCE",
    "PDQ_REASONS",
    "SIZE_REASONS",
    "Batch",
    "Blanks",
    "Built",
    "Digest",
    "Doubt",
    "Entry",
    "Finding",
    "Fingerprint",
    "Ground",
    "Hits",
    "Import",
    "Imported",
    "Judge",
    "Judgement",
    "Known",
    "KnownGoodSet",
    "Maker",
    "Manifest",
    "NearHits",
    "OneSet",
    "Outweighed",
    "Plan",
    "Progress",
    "Reason",
    "SetWriter",
    "Source",
    "Step",
    "Tried",
    "Trouble",
    "WrongSet",
    "build",
    "digests_are_blank",
    "expected_chance_hits",
    "import_digests",
    "judged",
    "judged_all",
    "list_source",
    "options_for",
    "outweighed",
    "outweighed_all",
    "pdq_flags",
    "read_manifest",
    "reasons_against",
    "shipped",
    "shipped_folder",
    "size_flags",
    "trials_to_meet_one",
    "try_files",
]
