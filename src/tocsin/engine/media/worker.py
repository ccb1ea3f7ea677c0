"""A decoder worker: `python -m tocsin.engine.media.worker PARENT_PID`.

Started by `DecoderPool`. Takes files from standard input, answers on standard output, and after it
has loaded its decoders may open no file, grow past 2 GiB, leave a core file or outlive its parent.
"""

import ctypes
import io
import os
import resource
import signal
import sys
import warnings
from typing import BinaryIO, Final

import pi_heif
from PIL import AvifImagePlugin, Image, ImageCms

from tocsin.engine.media import frames
from tocsin.engine.media.examination import examine
from tocsin.engine.media.options import DEFAULT_OPTIONS

ADDRESS_SPACE_BYTES: Final = 2 << 30
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_LOADED_AHEAD: Final = ImageCms  # Pillow imports it at its first Lab picture, when files are shut.


def main(parent_pid: int) -> None:
    """Answers questions until standard input ends."""
    questions = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    # A decoder that prints must not garble the answers.
    os.dup2(2, 1)
    _die_with(parent_pid)
    _one_thread_each()
    _warm_up()
    _shut_in()
    _say(answers, frames.READY)
    while head := questions.read(frames.HEAD.size):
        _answer(head, questions, answers)


def _answer(head: bytes, questions: BinaryIO, answers: BinaryIO) -> None:
    number, note_length, length = frames.HEAD.unpack(head)
    question = frames.read_question(questions.read(note_length))
    # The asking process kills us at its deadline. Should it be stopped or gone, the alarm does.
    signal.setitimer(signal.ITIMER_REAL, question.give_up_seconds)
    sight = examine(questions.read(length), question.options)
    signal.setitimer(signal.ITIMER_REAL, 0)
    answers.write(frames.answer_frame(number, sight))
    answers.flush()


def _say(answers: BinaryIO, number: int) -> None:
    answers.write(frames.answer_frame(number, None))
    answers.flush()


def _die_with(parent_pid: int) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        # Not dumpable: no core file, and no other process of the same user reads this memory.
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if os.getppid() != parent_pid:
        sys.exit("the process that started this worker is gone")


def _one_thread_each() -> None:
    warnings.simplefilter("ignore")
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    pi_heif.options.DECODE_THREADS = 1


def _warm_up() -> None:
    """Decodes one drawn picture of each format, so that whatever loads late is loaded now."""
    picture = Image.linear_gradient("L").convert("RGB")
    for name in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "AVIF"):
        data = io.BytesIO()
        picture.save(data, name)
        examine(data.getvalue(), DEFAULT_OPTIONS)


def _shut_in() -> None:
    for limit, value in (
        (resource.RLIMIT_AS, ADDRESS_SPACE_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (value, value))


if __name__ == "__main__":
    main(int(sys.argv[1]))
