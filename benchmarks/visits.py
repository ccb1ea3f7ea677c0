"""How often a visit tells rightly what stands at an address: a confusion matrix over drawn sites.

    python -m benchmarks.visits --seeds 40

Every seed draws new hosts (words, languages, addresses, ways) behind a real web server on loopback;
the rules know none of them. Rows: what is so. Columns: what the visit says of it.
"""

from __future__ import annotations

import argparse
import io
import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tocsin.site.rehearsal.sites import Sites

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")


def main() -> None:
    """Print the matrix, and each mistake that matters."""
    import django

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=random.SystemRandom().randrange(1 << 30))
    options = parser.parse_args()
    django.setup()
    told, mistakes = _measured(range(options.first, options.first + options.seeds))
    _print(told)
    print(f"\nseeds {options.first} to {options.first + options.seeds - 1}")
    for line, times in mistakes.most_common():
        print(f"{times:5}  {line}")


def _measured(seeds: range) -> tuple[Counter[tuple[str, str]], Counter[str]]:
    import logging

    from tests.domain.visits.scenes import LANDSCAPE, prints_of, way_to
    from tocsin.domain.visits import exploring
    from tocsin.domain.visits.exploring import Search
    from tocsin.engine.media import DecoderPool
    from tocsin.site.rehearsal.sites import Removed, Shown, Shut, Sites

    logging.disable(logging.CRITICAL)
    known = prints_of(LANDSCAPE)
    told: Counter[tuple[str, str]] = Counter()
    mistakes: Counter[str] = Counter()
    honest = [way for way in Shown if way not in {Shown.CLOAKED, Shown.ONE_COUNTRY}]
    closed = [shut for shut in Shut if shut is not Shut.BAD_TLS]
    with DecoderPool(2, deadline_seconds=60) as decoders:
        for seed in seeds:
            with Sites(seed) as sites:
                cases = [
                    *(
                        ("there", str(s), sites.put(LANDSCAPE, s, r))
                        for s in honest
                        for r in Removed
                    ),
                    *(("shut", str(shut), sites.put(LANDSCAPE, shut)) for shut in closed),
                    *_removed(sites, LANDSCAPE),
                ]
                for truth, way, url in cases:
                    found = exploring.explore(Search(url, known), way_to(sites, decoders))
                    said = found.judgement.outcome.standing.value
                    told[truth, said] += 1
                    if said != _RIGHT[truth]:
                        mistakes[
                            f"{truth} ({way}) -> {found.judgement.outcome} "
                            f"{' '.join(found.judgement.signs)}"
                        ] += 1
    return told, mistakes


def _removed(sites: Sites, picture: bytes) -> Iterator[tuple[str, str, str]]:
    from tocsin.site.rehearsal.sites import Removed, Shown

    for shows in (Shown.PLAIN, Shown.GALLERY):
        for removes in Removed:
            url = sites.put(picture, shows, removes)
            sites.remove(url)
            yield "removed", str(removes), url


_RIGHT = {"there": "present", "shut": "cannot_tell", "removed": "gone"}


def _print(told: Counter[tuple[str, str]]) -> None:
    columns = ("present", "gone", "cannot_tell")
    out = io.StringIO()
    out.write(f"{'':10}" + "".join(f"{name:>13}" for name in columns) + "\n")
    for truth in _RIGHT:
        out.write(f"{truth:10}" + "".join(f"{told[truth, name]:>13}" for name in columns) + "\n")
    print(out.getvalue(), end="")


if __name__ == "__main__":
    main()
