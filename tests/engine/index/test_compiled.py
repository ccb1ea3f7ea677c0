"""Where the compiler or its cache cannot be had, the index says so once and still answers."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import njit

from tests.engine.index.lists import flipped, numbered, random_hashes
from tocsin.engine.index import ExactIndex, NearIndex, NotKept, warm_up
from tocsin.engine.index.compiled import buckets, kernels, layout, searching, vectors
from tocsin.engine.index.compiled import kernel as kernel_module
from tocsin.engine.index.compiled.kernel import kernel
from tocsin.engine.index.ring import PARTS, SPARE_RECORDS, flips

HASHES = np.concatenate((random_hashes(6_000, seed=111), random_hashes(50, seed=111)))
ASKED = flipped(HASHES[:200], [i % 40 for i in range(200)], seed=112)

WITHOUT = """
import sys, warnings
import numpy as np
from pathlib import Path
sys.modules[sys.argv[1]] = None
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    from tocsin.engine.index import ExactIndex, NearIndex, warm_up
    folder = Path(sys.argv[2])
    ready = warm_up()
    saved = dict(np.load(folder / "lists.npz"))
    near = NearIndex.build(saved["hashes"], saved["ids"])
    near.save(folder)
    digests = ExactIndex.build(saved["hashes"], saved["ids"])
    digests.save(folder, "sha256")
    answers = {}
    for index, name in ((near, "built"), (NearIndex.open(folder), "opened")):
        for radius_bits in (0, 31, 47, 60):
            found = index.query(saved["asked"], radius_bits)
            answers.update({f"{name}{radius_bits}{i}": column for i, column in enumerate(found)})
    answers["exact"] = ExactIndex.open(folder, "sha256").query(saved["hashes"]).ids
    np.savez(folder / "answers.npz", **answers)
print(ready, *(f"{type(w.message).__name__}: {w.message}" for w in told), sep="\\n")
"""


@pytest.mark.parametrize("missing", ["numba", "llvmlite"])
def test_without_a_compiler_the_answers_are_the_same_and_one_warning_says_so(
    missing: str, tmp_path: Path
) -> None:
    ids = numbered(len(HASHES))
    np.savez(tmp_path / "lists.npz", hashes=HASHES, ids=ids, asked=ASKED)
    told = subprocess.run(
        [sys.executable, "-c", WITHOUT, missing, str(tmp_path)],
        capture_output=True,
        check=True,
        timeout=120,
    )
    ready, *warned = told.stdout.decode().splitlines()
    assert ready == "False"
    assert len(warned) == 1
    assert warned[0].startswith("NotCompiled: The index search runs uncompiled, many times slower")
    answers = np.load(tmp_path / "answers.npz")
    index = NearIndex.build(HASHES, ids)
    for name in ("built", "opened"):
        for radius_bits in (0, 31, 47, 60):
            offsets, found, bits = index.query(ASKED, radius_bits)
            assert answers[f"{name}{radius_bits}0"].tolist() == offsets.tolist()
            assert answers[f"{name}{radius_bits}1"].tolist() == found.tolist()
            assert answers[f"{name}{radius_bits}2"].tolist() == bits.tolist()
    assert answers["exact"].tolist() == ExactIndex.build(HASHES, ids).query(HASHES).ids.tolist()
    # Written without a compiler, read with one.
    opened = NearIndex.open(tmp_path).query(ASKED)
    assert opened.ids.tolist() == index.query(ASKED).ids.tolist()


def test_warming_up_says_that_the_compiled_search_is_there() -> None:
    assert warm_up()
    assert kernels() is kernels()


@pytest.mark.parametrize("refusal", [RuntimeError("no locator available"), OSError(28, "full")])
def test_where_nothing_can_be_kept_one_warning_says_so_and_the_kernel_works(
    refusal: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = njit

    def refusing(signature: str, **options: Any) -> Callable[..., Any]:
        if options.get("cache"):
            raise refusal
        made: Callable[..., Any] = real(signature, **options)
        return made

    monkeypatch.setattr(kernel_module, "njit", refusing)
    monkeypatch.setattr(kernel_module, "_told", False)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        made = [kernel(1)(_one_more), kernel(1)(_one_more)]
    assert [function(41) for function in made] == [42, 42]
    assert [warning.category for warning in told] == [NotKept]
    assert "NUMBA_CACHE_DIR" in str(told[0].message)


def test_tables_and_kernels_agree_on_how_memory_is_laid_out() -> None:
    assert layout.PARTS == PARTS
    assert layout.RECORDS == vectors.RECORDS == SPARE_RECORDS
    assert layout.ONE_FLIP == buckets.NEAR_BUCKETS == len(flips(2))
    assert len(flips(3)) == layout.TWO_FLIPS
    # What is in use at once must not be overwritten.
    assert searching.CALL_AHEAD < layout.IN_TURN


def _one_more(number: int) -> int:
    return number + 1
