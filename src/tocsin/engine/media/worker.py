"""A decoder worker: what a process forked from the zygote does until it ends.

It takes files from its one socket and answers on it. Before the first file it shuts itself in
(see `confinement`), and from then on it can open nothing, reach nothing and start nothing.
"""

import signal
import socket
import sys
from collections.abc import Callable

from tocsin.engine.fingerprints.types import Sight, Status
from tocsin.engine.media import confinement, frames, shortage
from tocsin.engine.media.derivatives import derive
from tocsin.engine.media.examination import examine
from tocsin.engine.media.pages import PageRead, read_page
from tocsin.engine.media.veils import Derivative


def serve(line: socket.socket, zygote_pid: int) -> None:
    """Shuts this process in and answers questions until the other side hangs up."""
    orphans = confinement.die_with(zygote_pid)
    confinement.close_all_but(line.fileno())
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # What was not loaded ahead cannot be any more: the code that asks is told so in Python's own
    # words, where looking for the file would end the process.
    sys.meta_path.clear()
    line.sendall(frames.ready_frame(confinement.shut_in(orphans=orphans)))
    # Where there never is so much room, its lack says nothing.
    lacks_room = confinement.lacks_room if not confinement.lacks_room() else _never
    while _answer_one(line, lacks_room):
        pass


def _never() -> bool:
    return False


def _answer_one(line: socket.socket, lacks_room: Callable[[], bool]) -> bool:
    head = line.recv(frames.HEAD.size, socket.MSG_WAITALL)
    if len(head) < frames.HEAD.size:
        return False
    number, note_length, length = frames.HEAD.unpack(head)
    question = frames.read_question(line.recv(note_length, socket.MSG_WAITALL))
    # The asking process kills us at its deadline. Should it be stopped or gone, the alarm does.
    signal.setitimer(signal.ITIMER_REAL, question.give_up_seconds)
    # One call, straight into the object that the decoders read: a large file is not copied again.
    data = line.recv(length, socket.MSG_WAITALL)
    if len(data) < length:
        return False
    found = _done(data, question)
    del data
    state = frames.SPENT if shortage.met() or lacks_room() else frames.FIT
    answer = frames.answer_frame(number, found, state)
    if len(answer) - frames.HEAD.size > frames.longest_answer(question):
        answer = frames.answer_frame(number, _too_large(found), state)
    signal.setitimer(signal.ITIMER_REAL, 0)
    line.sendall(answer)
    return True


def _done(data: bytes, question: frames.Question) -> Sight | Derivative | PageRead:
    if question.wanted is not None:
        return derive(data, question.wanted, question.options)
    if question.page is not None:
        return read_page(data, question.page)
    return examine(data, question.options)


def _too_large(found: Sight | Derivative | PageRead) -> Sight | Derivative | PageRead:
    if isinstance(found, Derivative):
        return Derivative(Status.TOO_LARGE)
    return PageRead() if isinstance(found, PageRead) else Sight(Status.TOO_LARGE)
