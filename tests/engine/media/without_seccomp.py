"""A system without seccomp: this process and its children are refused every further filter.

Prints, a line each: what `why_not_contained` says, the warnings, what the pool says holds, and
whether the pool's answers are this process's own.
"""

import warnings
from pathlib import Path

from tests.engine.media.drawn import picture, saved
from tocsin.engine.media import DecoderPool, fingerprint, seccomp, why_not_contained
from tocsin.engine.media.seccomp import ALLOW, JUMP_EQUAL, LOAD, REFUSE, RETURN, Instruction

_REFUSE_FILTERS = (
    Instruction(LOAD, 0, 0, 0),
    Instruction(JUMP_EQUAL, 0, 3, seccomp._this_processor().numbers["prctl"]),
    Instruction(LOAD, 0, 0, 16),
    Instruction(JUMP_EQUAL, 0, 1, 22),
    Instruction(RETURN, 0, 0, REFUSE | 1),
    Instruction(RETURN, 0, 0, ALLOW),
)


def main() -> None:
    """Refuses filters, then uses a pool."""
    with Path("/proc/self/status").open() as status:
        assert "Seccomp:\t0\n" in status.read()
    seccomp.program = lambda processor, pid: _REFUSE_FILTERS
    seccomp.install()
    print(why_not_contained())
    files = [saved(picture(), kind) for kind in ("JPEG", "PNG", "AVIF")]
    with DecoderPool(2) as pool, warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        same = [pool.fingerprint(data) == fingerprint(data) for data in files * 2]
        print(*(f"{one.category.__name__}: {one.message}" for one in told), sep=" | ")
        print(pool.containment)
        print(all(same))
    with DecoderPool(1) as pool, warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            try:
                pool.fingerprint(files[0])
            except UserWarning as refused:
                print(type(refused).__name__, pool.worker_pids())


if __name__ == "__main__":
    main()
