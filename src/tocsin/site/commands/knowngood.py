"""`tocsin knowngood`: sets of benign files, made from packages and lists, shown and tried."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.engine.fingerprints import Fingerprints
    from tocsin.engine.knowngood import (
        Batch,
        Built,
        Finding,
        KnownGoodSet,
        Manifest,
        Progress,
        Tried,
        Trouble,
    )
    from tocsin.engine.media import DecoderPool

HELP = "Make, show and try sets of benign files. Exit status of `try`: 0 all held back, 1 not all."
NEEDS_DATABASE = False

FORMATS = (
    "nsrl2", "nsrl3", "caid", "md5sum", "sha1sum", "sha256sum", "hashdeep", "hashkeeper",
    "wordpress",
)  # fmt: skip
DECODER_SECONDS = 20.0
SHIPPED = "shipped"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_SHOWN_TROUBLES = 20
_EACH_FILES = 1_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    """One subcommand each."""
    what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    build = what.add_parser("build", help="make a set of all pictures in folders and packages")
    build.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="or a package")
    build.add_argument("--no-drawings", action="store_true", help="leave SVG out")
    build.add_argument("--report", type=Path, help="a file for everything that was not taken")
    _add_made(build)
    taken = what.add_parser("import", help="make a set of a list of digests")
    taken.add_argument("file", type=Path, help="the list")
    taken.add_argument("--format", required=True, choices=FORMATS, help="how it is written")
    taken.add_argument("--version", default="", help="which edition of the list it is")
    _add_made(taken)
    what.add_parser("list", help="show the sets that are there")
    tried = what.add_parser("try", help="say what the lint would say of files")
    tried.add_argument("set", help="a set's name, its folder, or `shipped`")
    tried.add_argument("files", nargs="+", type=Path, metavar="FILE", help="or folder, or package")
    tried.add_argument("--summary", action="store_true", help="only count")
    for one in (build, tried):
        one.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N")


def run(options: argparse.Namespace) -> int:
    """0 done, 1 when `try` found a picture that nothing holds back; see HELP."""
    from tocsin.engine.knowngood import WrongSet
    from tocsin.engine.media import DecoderUnavailable

    if getattr(options, "workers", 1) < 1:
        raise Stop("--workers takes a number from 1.")
    known = {"build": _build, "import": _import, "list": _list, "try": _try}
    try:
        return known[options.what](options)
    except (WrongSet, DecoderUnavailable) as error:
        raise Stop(str(error)) from error
    except OSError as error:
        raise Stop(f"{error.filename or 'The disk'}: {error.strerror or error}.") from error


def _add_made(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, metavar="SET", help="its name, or a folder for it")
    parser.add_argument("--origin", default="", help="a line for people on where it comes from")


def _build(options: argparse.Namespace) -> int:
    from tocsin.engine.knowngood import Plan, build
    from tocsin.engine.media import DecoderPool
    from tocsin.site import dumps

    out = _folder(options.out)
    plan = Plan(
        name=out.name,
        origin=options.origin or "built from files and packages here",
        built_by=_version(),
        at=datetime.now(UTC),
        workers=options.workers,
        drawings=not options.no_drawings,
        told=_tell_progress,
    )
    dumps.leave_none()
    with DecoderPool(options.workers, DECODER_SECONDS) as pool:
        fingerprint = partial(_fingerprint, pool)
        built = build(options.folders, out, fingerprint, plan)
    _tell_built(built, out)
    _tell_troubles(built, options.report)
    return 0


def _import(options: argparse.Namespace) -> int:
    from tocsin.engine.knowngood import Import, import_digests, list_source

    out = _folder(options.out)
    what = Import(
        name=out.name,
        origin=options.origin or f"{options.file.name}, as {options.format}",
        source=list_source(options.file.name, options.version),
        built_by=_version(),
        at=datetime.now(UTC),
        told=_TellFiles(),
    )
    made = import_digests(_batches(options.file, options.format), out, what)
    print(f"{made.manifest.file_count:,} files in {out}; {made.refused:,} lines were refused.")
    return 0


def _list(_: argparse.Namespace) -> int:
    from tocsin.engine.knowngood import WrongSet, read_manifest, shipped_folder

    folders = [(SHIPPED, shipped_folder())]
    home = _home()
    if home.is_dir():
        named = sorted(path for path in home.iterdir() if _NAME.fullmatch(path.name))
        folders += [(path.name, path) for path in named if path.is_dir()]
    for name, folder in folders:
        try:
            print(_told_set(name, read_manifest(folder)))
        except WrongSet as error:
            print(f"{name:<20} {error}")
    return 0


def _try(options: argparse.Namespace) -> int:
    from tocsin.engine.knowngood import Trouble, try_files
    from tocsin.engine.media import DecoderPool
    from tocsin.site import dumps

    known = _opened(options.set)
    counted: Counter[str] = Counter()
    dumps.leave_none()
    with DecoderPool(options.workers, DECODER_SECONDS) as pool:
        fingerprint = partial(_fingerprint, pool)
        for one in try_files(known, options.files, fingerprint):
            if isinstance(one, Trouble):
                _tell_trouble(one)
                counted["not read"] += 1
                continue
            counted[one.held_by or "nothing"] += 1
            if not options.summary:
                print(_told_try(one), flush=True)
    for word, count in counted.most_common():
        print(f"{count:>8,}  {word}")
    return 1 if counted["nothing"] or counted["not read"] else 0


def _fingerprint(pool: DecoderPool, data: bytes) -> Fingerprints:
    from tocsin.engine.knowngood import options_for

    return pool.fingerprint(data, options_for(data))


def _opened(name: str) -> KnownGoodSet:
    from tocsin.engine.knowngood import KnownGoodSet, shipped

    return shipped() if name == SHIPPED else KnownGoodSet.open(_folder(name))


def _batches(path: Path, form: str) -> Iterator[Batch]:
    from tocsin.engine.knowngood.digests import UnreadableDigests, read_digests

    try:
        yield from read_digests(path, form)
    except UnreadableDigests as error:
        raise Stop(f"{error} The set was not made.") from error


def _home() -> Path:
    """Where the sets of this installation lie."""
    from tocsin.site import environment

    return Path(environment.text("TOCSIN_DATA", "data")).resolve() / "known-good"


def _folder(name: str) -> Path:
    """The folder of a set by its name, or a folder that was named itself."""
    if "/" in name:
        return Path(name).resolve()
    if name == SHIPPED or not _NAME.fullmatch(name):
        raise Stop(
            f"A set is named with a-z, 0-9, dots and dashes, and not `{SHIPPED}`; a folder that "
            "lies elsewhere is named with a slash, as ./NAME."
        )
    return _home() / name


def _version() -> str:
    from importlib.metadata import version

    return f"tocsin {version('tocsin')}"


def _tell_progress(so_far: Progress) -> None:
    from tocsin.site.checking.shown import printable

    print(
        f"{so_far.done:>5} of {so_far.of}  {so_far.pictures:>9,} pictures  "
        f"{printable(str(so_far.source))}",
        file=sys.stderr,
        flush=True,
    )


class _TellFiles:
    """A line for each million files."""

    def __init__(self) -> None:
        self._next = _EACH_FILES

    def __call__(self, count: int) -> None:
        if count >= self._next:
            print(f"{count:>13,} files", file=sys.stderr, flush=True)
            self._next = count + _EACH_FILES


def _tell_built(built: Built, out: Path) -> None:
    print(
        f"{built.pictures:,} pictures ({built.decoded:,} decoded) of "
        f"{len(built.manifest.sources):,} sources in {out}; {built.passed_over:,} files are no "
        f"pictures, {built.trouble_count:,} could not be read."
    )


def _tell_troubles(built: Built, report: Path | None) -> None:
    if report is not None:
        with report.open("w", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines(f"{_one_line(one)}\n" for one in built.troubles)
    for one in built.troubles[:_SHOWN_TROUBLES]:
        _tell_trouble(one)
    if len(built.troubles) > _SHOWN_TROUBLES:
        print("More are written with --report FILE.", file=sys.stderr)


def _tell_trouble(one: Trouble) -> None:
    from tocsin.site.checking.shown import printable

    print(printable(f"{one.where}: {one.reason}"), file=sys.stderr)


def _one_line(one: Trouble) -> str:
    from tocsin.site.checking.shown import printable

    return f"{printable(one.where)}\t{printable(one.reason)}"


def _told_set(name: str, manifest: Manifest) -> str:
    return (
        f"{name:<20} {manifest.file_count:>13,} files of {len(manifest.sources):,} sources  "
        f"{manifest.built_at:%Y-%m-%d}  {manifest.origin}"
    )


def _told_try(one: Tried) -> str:
    from tocsin.site.checking.shown import printable

    told = "; ".join(_told_finding(found) for found in one.findings if not found.note) or "nothing"
    for found in one.findings:
        if found.note:
            told += f"; note: {_told_finding(found)}"
    if one.gate is not None:
        told += f"; its PDQ does not match alone ({one.gate.value})"
    return printable(f"{one.where}: {told}")


def _told_finding(found: Finding) -> str:
    near = f", {found.bits} bits away" if found.bits else ""
    return f"{found.doubt.value}{f', {found.source}' if found.source else ''}{near}"
