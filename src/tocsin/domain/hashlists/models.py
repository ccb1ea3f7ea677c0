from django.db import models
from django.db.models import Q

from tocsin.base.privacy import NOTHING_PERSONAL, PersonalData
from tocsin.domain.hashlists.classification.ucs import LONGEST_LABEL, LONGEST_VERSION
from tocsin.domain.hashlists.lint_models import KnownSet as KnownSet  # noqa: PLC0414 - a table too
from tocsin.domain.hashlists.lint_models import LintNote as LintNote  # noqa: PLC0414
from tocsin.domain.hashlists.lint_models import LintPass as LintPass  # noqa: PLC0414
from tocsin.domain.hashlists.lint_models import MutedPrint as MutedPrint  # noqa: PLC0414
from tocsin.domain.hashlists.lint_models import Quarantine as Quarantine  # noqa: PLC0414
from tocsin.domain.hashlists.lint_models import SetBrake as SetBrake  # noqa: PLC0414
from tocsin.domain.hashlists.types import LONGEST_SCHEME, VALUE_BYTES, EntryStatus, Serve


class Source(models.Model):
    """An organisation that lists come from: what is counted as one independent source."""

    personal_data = NOTHING_PERSONAL

    name = models.CharField(max_length=120, unique=True)


class HashList(models.Model):
    """One list. `environment` and `member` tell lists of one system apart (NCMEC)."""

    personal_data = NOTHING_PERSONAL

    number = models.PositiveSmallIntegerField(primary_key=True)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=20)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    environment = models.CharField(max_length=60, blank=True, default="")
    member = models.CharField(max_length=60, blank=True, default="")
    serve = models.PositiveSmallIntegerField(default=int(Serve(15)))
    own = models.BooleanField(default=False)
    # Whether its sharing terms let it answer a provider nobody has vetted. With a default in the
    # database: processes of the version before still write rows.
    unvetted = models.BooleanField(default=False, db_default=False)
    made_at = models.DateTimeField()


class DerivedFrom(models.Model):
    """`hash_list` re-shares `from_list`: both together are one source."""

    personal_data = NOTHING_PERSONAL

    hash_list = models.ForeignKey(HashList, on_delete=models.PROTECT, related_name="parents")
    from_list = models.ForeignKey(HashList, on_delete=models.PROTECT, related_name="children")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hash_list", "from_list"], name="derived_once")
        ]


class Counter(models.Model):
    """Numbers we hand out ourselves: entry ids in blocks, change numbers in commit order."""

    personal_data = NOTHING_PERSONAL

    name = models.CharField(max_length=20, primary_key=True)
    value = models.BigIntegerField(default=0)


class ImportRun(models.Model):
    """One import of one file into one list; `bytes_done` is where a killed one goes on."""

    personal_data = NOTHING_PERSONAL

    hash_list = models.ForeignKey(HashList, on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(max_length=12)
    file_name = models.CharField(max_length=255)
    file_sha256 = models.CharField(max_length=64)
    mapping_sha256 = models.CharField(max_length=64, blank=True, default="")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    holder = models.CharField(max_length=120, blank=True, default="")
    held_until = models.DateTimeField(null=True)
    bytes_done = models.BigIntegerField(default=0)
    lines_done = models.BigIntegerField(default=0)
    batches = models.PositiveIntegerField(default=0)
    added = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    unchanged = models.BigIntegerField(default=0)
    duplicates = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    left_out = models.BigIntegerField(default=0)
    first_entry_id = models.BigIntegerField(null=True)
    last_entry_id = models.BigIntegerField(null=True)
    archive = models.CharField(max_length=120, blank=True, default="")
    # How far the lint has gone over what this run staged, by what, and when it was through. With
    # defaults of the database's own, so that a process of the version before may still write rows.
    linted_to = models.BigIntegerField(null=True)
    lint_version = models.CharField(max_length=16, blank=True, default="", db_default="")
    linted_at = models.DateTimeField(null=True)
    quarantined = models.BigIntegerField(default=0, db_default=0)
    # Records that say less than what is known from a later word of the same source.
    older = models.BigIntegerField(default=0, db_default=0)
    # Entries with no fingerprint of a kind that is matched: kept, and found by nothing.
    unmatched = models.BigIntegerField(default=0, db_default=0)
    # Entries that match by PhotoDNA alone: no known-good set can speak of them.
    unlinted = models.BigIntegerField(default=0, db_default=0)
    # Why it stopped, or why its document does; empty for one that is well.
    broken = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            # Two imports of one list at once would number the same versions.
            models.UniqueConstraint(
                fields=["hash_list"],
                condition=Q(state__in=["running", "ready"]),
                name="hashlists_one_open_run",
            )
        ]


class RefusedLine(models.Model):
    """The first lines an import refused, with the reason; never what stood in the line."""

    personal_data = NOTHING_PERSONAL

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="refusals")
    line = models.BigIntegerField()
    reason = models.CharField(max_length=200)


class Entry(models.Model):
    """What a source said once. Never rewritten: a changed source record is a new version.

    Only what is ours changes: status when we withdraw, `held`, `quorum`, and who replaced it.
    `replaced_by_run` counts from the moment that run is released.
    """

    personal_data = NOTHING_PERSONAL

    # Given by us from `Counter`, never by the database. BigAutoField all the same: on SQLite
    # only that is the row's own key; any other type costs a second index on ten million rows.
    id = models.BigAutoField(primary_key=True)
    hash_list = models.ForeignKey(
        HashList, on_delete=models.PROTECT, db_index=False, related_name="entries"
    )
    member = models.CharField(max_length=60, default="")
    source_entry_id = models.CharField(max_length=200)
    version = models.PositiveSmallIntegerField(default=1)
    run = models.ForeignKey(
        ImportRun, null=True, on_delete=models.PROTECT, db_index=False, related_name="entries"
    )
    media_type = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField()
    category = models.PositiveSmallIntegerField(default=0)
    sources = models.PositiveSmallIntegerField(default=1)
    quorum = models.PositiveSmallIntegerField(default=1)
    held = models.BooleanField(default=False)
    serve = models.PositiveSmallIntegerField(null=True)
    content_digest = models.BigIntegerField()
    # What was observed, packed by `classification.pack`; 0: nothing. With a default of the
    # database's own, so that a process of the version before may still write rows.
    observed = models.BigIntegerField(default=0, db_default=0)
    # Bits of the engine's SIZE_REASONS: what speaks against the sizes that its source states.
    small = models.PositiveSmallIntegerField(default=0, db_default=0)
    withdrawn_here = models.BooleanField(default=False)
    replaced_by_run = models.ForeignKey(
        ImportRun, null=True, on_delete=models.PROTECT, db_index=False, related_name="replaced"
    )
    seen_in_run = models.BigIntegerField(null=True)  # the latest later import it stood in unchanged
    # Times as the source gave them, in whole seconds since 1970: as text they would be a fifth
    # of the table on SQLite. The text itself is in the archive.
    source_created = models.BigIntegerField(null=True)
    source_updated = models.BigIntegerField(null=True)
    valid_until = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hash_list", "member", "source_entry_id", "version"],
                name="hashlists_entry_identity",
            )
        ]
        indexes = [
            models.Index(
                fields=["replaced_by_run"],
                condition=Q(replaced_by_run__isnull=False),
                name="hashlists_replaced",
            ),
            models.Index(
                fields=["valid_until"],
                condition=Q(valid_until__isnull=False),
                name="hashlists_valid_until",
            ),
            # What does not simply count: few rows, asked for on every page of lists.
            models.Index(
                fields=["hash_list", "status"],
                condition=~Q(status=EntryStatus.ACTIVE.number),
                name="hashlists_set_apart",
            ),
        ]


class EntryCode(models.Model):
    """A code or label that somebody asserted of an entry, as it was written: kept, not settled.

    The code that an imported entry's category was taken from is not repeated here.
    """

    personal_data = NOTHING_PERSONAL

    pk = models.CompositePrimaryKey("entry_id", "scheme", "version", "code")
    # No database constraint, as with fingerprints.
    entry = models.ForeignKey(
        Entry,
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="codes",
    )
    scheme = models.CharField(max_length=LONGEST_SCHEME)
    version = models.CharField(max_length=LONGEST_VERSION)
    code = models.CharField(max_length=LONGEST_LABEL)


class OwnNote(models.Model):
    """Who put an entry on our own list, about what, and who agreed."""

    personal_data = PersonalData(
        fields=("added_by", "agreed_by"),
        why="The second person must be another than the first; kept as long as the entry counts.",
    )

    entry = models.OneToOneField(
        Entry, on_delete=models.PROTECT, primary_key=True, related_name="own_note"
    )
    about = models.CharField(max_length=120)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=80, blank=True, default="")
    agreed_at = models.DateTimeField(null=True)


class Hasher(models.Model):
    """A program that computes fingerprints, by number; 0 is kept for: not stated."""

    personal_data = NOTHING_PERSONAL

    number = models.PositiveSmallIntegerField(primary_key=True)
    name = models.CharField(max_length=120, unique=True)


class Fingerprint(models.Model):
    """One fingerprint of an entry. No index on `value`: the index segments are the look-up."""

    personal_data = NOTHING_PERSONAL

    pk = models.CompositePrimaryKey("entry_id", "kind", "n")
    # No database constraint: entries are never deleted, and checking each of thirty million
    # rows against them would halve the speed of an import.
    entry = models.ForeignKey(
        Entry,
        on_delete=models.PROTECT,
        db_index=False,
        db_constraint=False,
        related_name="fingerprints",
    )
    kind = models.PositiveSmallIntegerField()
    n = models.PositiveSmallIntegerField(default=0)
    value = models.BinaryField(max_length=VALUE_BYTES)
    quality = models.PositiveSmallIntegerField(null=True)
    hasher = models.PositiveSmallIntegerField(default=0)
    dialect = models.PositiveSmallIntegerField(default=0)
    offset_seconds = models.FloatField(null=True)


class RememberedPrint(models.Model):
    """A fingerprint of an entry that a person found wrong here, or that is held for doubts. What
    comes in with it, under whatever name and on whatever list, comes in held. Kept for good, until
    a person lets such an entry count.
    """

    personal_data = NOTHING_PERSONAL

    # No database constraint, as with fingerprints.
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, db_constraint=False, related_name="remembered"
    )
    kind = models.PositiveSmallIntegerField()
    value = models.BinaryField(max_length=32)
    # Of a list of tests: it says nothing of what is real.
    rehearsal = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "value", "entry"], name="hashlists_remembered_once"
            )
        ]


class Change(models.Model):
    """The ordered log the indexes follow. `no` comes from a counter row that is locked until
    commit, so a reader that remembers the last number misses nothing."""

    personal_data = NOTHING_PERSONAL

    no = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=10)
    entry_id = models.BigIntegerField(null=True)
    run_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
