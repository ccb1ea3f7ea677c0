"""Whether memory ran out over a file, so that whoever has it decoded can start afresh.

A decoder that is refused memory in the midst of its work may be left in any state and keep what it
had taken: the files after that one would pay for it. Noted for each thread by itself.
"""

import threading


class _Here(threading.local):
    met: bool = False


_here = _Here()


def note() -> None:
    """Memory ran out just now."""
    _here.met = True


def met() -> bool:
    """Whether it has run out since this was last asked."""
    was, _here.met = _here.met, False
    return was
