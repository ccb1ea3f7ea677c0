"""The look-up: which known entries a fingerprint equals, or comes near.

It is for checking fingerprints against lists of any length without a database.
It owns the index files: near match on 256 bits, exact match, and the policy of each entry.
It must never miss a match within the radius, and never answer from a file it cannot trust.
It must never see a picture, import Django, open a connection, or log a value.
"""

from tocsin.engine.index.arrays import WrongShape
from tocsin.engine.index.compiled import NotCompiled, NotKept, warm_up
from tocsin.engine.index.exact import ExactIndex, ExactMatches, WrongName
from tocsin.engine.index.films import FrameIndex
from tocsin.engine.index.manifest import Manifest, StoredFile
from tocsin.engine.index.measured import Measure, MeasuredMatches, Metric, Scale, UnknownMeasure
from tocsin.engine.index.near import NearBuilder, NearIndex, NearMatches, WrongRadius
from tocsin.engine.index.policy import POLICY_DTYPE, PolicyColumn, WrongEntryId
from tocsin.engine.index.postings import TooManyRows
from tocsin.engine.index.publication import (
    PublishBusy,
    Published,
    PublishFailed,
    open_published,
    publish,
    published,
    replace_policy,
    verify_published,
)
from tocsin.engine.index.recent import Recent
from tocsin.engine.index.segment import (
    IndexDamaged,
    IndexMissing,
    IndexTooNew,
    IndexTooOld,
    IndexUnusable,
)

__all__ = [
    "POLICY_DTYPE",
    "ExactIndex",
    "ExactMatches",
    "FrameIndex",
    "IndexDamaged",
    "IndexMissing",
    "IndexTooNew",
    "IndexTooOld",
    "IndexUnusable",
    "Manifest",
    "Measure",
    "MeasuredMatches",
    "Metric",
    "NearBuilder",
    "NearIndex",
    "NearMatches",
    "NotCompiled",
    "NotKept",
    "PolicyColumn",
    "PublishBusy",
    "PublishFailed",
    "Published",
    "Recent",
    "Scale",
    "StoredFile",
    "TooManyRows",
    "UnknownMeasure",
    "WrongEntryId",
    "WrongName",
    "WrongRadius",
    "WrongShape",
    "open_published",
    "publish",
    "published",
    "replace_policy",
    "verify_published",
    "warm_up",
]
