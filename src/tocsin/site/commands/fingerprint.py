"""`tocsin fingerprint FILE…`: the fingerprints of files, and why they are what they are."""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from tocsin.site.commands import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tocsin.engine.fingerprints import Fingerprints
    from tocsin.engine.media import DecoderPool, MediaOptions
    from tocsin.site.checking.types import File, Looked, Trouble
    from tocsin.site.checking.walking import Walk
    from tocsin.site.fingerprinting.against import Known

HELP = "Print the fingerprints of files. Exit status 0 all read, 2 something could not be read."
NEEDS_DATABASE = False

READ, ERROR = 0, 2


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to look at, how closely, and how to tell."""
    parser.add_argument("paths", nargs="+", metavar="FILE", help="a file or a folder")
    told = parser.add_mutually_exclusive_group()
    told.add_argument("--explain", action="store_true", help="say what each hash is, and why")
    told.add_argument("--json", action="store_true", help="one line of JSON for each file")
    told.add_argument(
        "--entries",
        metavar="LIST",
        help="one line for each file that `tocsin lists import` takes into that list",
    )
    parser.add_argument(
        "--against",
        metavar="ORIGINAL",
        help="say of each file how it compares with this one, or with this list of PDQ or vPDQ "
        "hashes, and what finds it",
    )
    parser.add_argument(
        "--query",
        action="store_true",
        help="hash as a look-up does: JPEGs scaled down by their decoder, many times faster",
    )
    parser.add_argument("--battery", action="store_true", help="add the query variants")
    parser.add_argument("--frames", type=int, default=1, metavar="N", help="of an animation")
    parser.add_argument("--thumbnails", action="store_true", help="embedded previews too")
    parser.add_argument("--data-uris", action="store_true", help="pictures inside HTML, SVG, CSS")
    parser.add_argument("--tiff", action="store_true", help="read TIFF too")
    parser.add_argument(
        "--video", choices=("key_frames", "dense"), help="read videos too: these frames of them"
    )
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N")


def run(options: argparse.Namespace) -> int:
    """Print the fingerprints of everything named; the exit status."""
    from tocsin.engine.media import DecoderPool, DecoderUnavailable
    from tocsin.site import dumps
    from tocsin.site.checking.running import DECODER_SECONDS

    if options.workers < 1 or options.frames < 1:
        raise Stop("--workers and --frames take a number from 1.")
    if options.entries is not None and options.query:
        raise Stop("--entries needs hashes of every pixel: leave --query out.")
    if options.video is not None and find_spec("av") is None:
        raise Stop(
            "--video needs PyAV: pip install av (docs/engine/video.md says why it is extra)."
        )
    if options.against is not None and (options.json or options.entries is not None):
        raise Stop("--against tells people: leave --json and --entries out.")
    dumps.leave_none()
    try:
        with DecoderPool(options.workers, DECODER_SECONDS) as pool:
            return _print_all(options, pool)
    except DecoderUnavailable as error:
        raise Stop(str(error)) from error


def _print_all(options: argparse.Namespace, pool: DecoderPool) -> int:
    from tocsin.site.checking.shown import printable
    from tocsin.site.checking.types import Trouble
    from tocsin.site.checking.walking import Walk
    from tocsin.site.fingerprinting.written import NotForAList

    walk = Walk(options.paths)
    known = _known(options, pool) if options.against is not None else None
    status = READ
    for one in _looked_at(options, walk, pool):
        if isinstance(one, Trouble):
            print(f"{printable(one.path)}: {one.reason}", file=sys.stderr)
            status = ERROR
        else:
            try:
                _say(_told(options, one.file.path, one.fingerprints))
            except NotForAList as refused:
                print(f"{printable(one.file.path)}: left out, {refused}", file=sys.stderr)
                status = ERROR
            if known is not None:
                _print_against(known, one.fingerprints, explain=options.explain)
    if walk.passed.not_files:
        print(f"Passed over: {walk.passed.not_files} that are no files.", file=sys.stderr)
        status = ERROR
    return status


def _say(text: str) -> None:
    """Print at once. Raises Stop where that cannot be written (a full disk)."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        # What is left unwritten would be tried once more at exit, with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        words = (error.strerror or type(error).__name__).lower()
        raise Stop(
            f"what was found could not be written ({words}): make room and run again."
        ) from None


def _print_against(known: Known, found: Fingerprints, *, explain: bool) -> None:
    from tocsin.site.checking.shown import printable

    for number, line in enumerate(known.told(found, explain=explain)):
        _say(f"  {'' if number else 'against':<12} {printable(line)}")


def _known(options: argparse.Namespace, pool: DecoderPool) -> Known:
    """The list or the file to compare with, the file hashed as a list would hold it."""
    from tocsin.site.checking.types import Trouble
    from tocsin.site.checking.walking import Walk
    from tocsin.site.fingerprinting.against import Known, Original
    from tocsin.site.fingerprinting.listed import NotAList, listed_in

    walk = Walk([options.against])
    ones = list(walk)
    if not ones and walk.passed.not_files:
        raise Stop(f"--against {options.against}: one file is needed, not a pipe or device.")
    if len(ones) != 1:
        raise Stop(f"--against {options.against}: one file is needed, not a folder.")
    try:
        listed = None if isinstance(ones[0], Trouble) else listed_in(ones[0].path)
    except NotAList as error:
        raise Stop(f"--against {options.against}: {error}.") from error
    if listed is not None:
        if listed.refused:
            words = "lines or fingerprints are none that can be compared"
            print(f"{options.against}: {listed.refused} {words}.", file=sys.stderr)
        return Known(listed)
    looked = _look(ones[0], pool=pool, media=_as_listed())
    if isinstance(looked, Trouble):
        raise Stop(f"--against {looked.path}: {looked.reason}.")
    original = Original(looked.fingerprints)
    if not original.comparable:
        words = "nothing but the same bytes can be compared with it"
        print(f"{options.against}: {looked.fingerprints.status.value}; {words}.", file=sys.stderr)
    return original


def _as_listed() -> MediaOptions:
    """Every pixel, and of a film every frame, where the means to read films are installed."""
    from tocsin.engine.fingerprints import Sampling
    from tocsin.engine.media import MediaOptions

    return MediaOptions(tiff=True, video=Sampling.DENSE if find_spec("av") else None)


def _frames_wanted(options: argparse.Namespace) -> str | None:
    """Which frames of films; a comparison reads them unasked, where it can."""
    if options.video is None and options.against is not None and find_spec("av"):
        return "key_frames"
    return str(options.video) if options.video else None


def _looked_at(
    options: argparse.Namespace, walk: Walk, pool: DecoderPool
) -> Iterator[Looked | Trouble]:
    from tocsin.site.checking.ahead import in_order
    from tocsin.site.checking.running import AHEAD

    look = partial(_look, pool=pool, media=_media_options(options))
    with ThreadPoolExecutor(options.workers, thread_name_prefix="fingerprint") as threads:
        try:
            yield from in_order(
                walk,
                lambda one: threads.submit(look, one),
                most_waiting=options.workers * AHEAD,
            )
        finally:
            threads.shutdown(cancel_futures=True)


def _look(one: File | Trouble, *, pool: DecoderPool, media: MediaOptions) -> Looked | Trouble:
    from tocsin.site.checking.reading import look_at
    from tocsin.site.checking.types import Trouble

    return one if isinstance(one, Trouble) else look_at(one, pool.fingerprint, media)


def _media_options(options: argparse.Namespace) -> MediaOptions:
    from tocsin.engine.fingerprints import Sampling
    from tocsin.engine.media import MediaOptions, Precision

    video = _frames_wanted(options)
    return MediaOptions(
        precision=Precision.QUERY if options.query else Precision.LIST,
        battery=options.battery or options.against is not None,
        tiff=options.tiff,
        thumbnails=options.thumbnails,
        data_uris=options.data_uris,
        video=Sampling(video) if video else None,
        max_frames=options.frames,
    )


def _told(options: argparse.Namespace, path: str, found: Fingerprints) -> str:
    from tocsin.site.checking.shown import printable
    from tocsin.site.fingerprinting import told, written

    if options.json:
        return written.as_json(path, found)
    if options.entries is not None:
        return written.as_entry(found, options.entries)
    return told.as_text(printable(path), found, explain=options.explain)
