"""A decoder worker: what a process forked from the zygote does until it ends.

It takes files from its one socket and answers on it. Before the first file it shuts itself in
(see `confinement`), and from then on it can open nothing, reach nothing and start nothing.
"""

import signal
import socket
import sys

from tocsin.engine.fingerprints.types import Sight, Status
from tocsin.engine.media import confinement, frames
from tocsin.engine.media.examination import examine


def serve(line: socket.socket, zygote_pid: int) -> None:
    """Shuts this process in and answers questions until the other side hangs up."""
    orphans = confinement.die_with(zygote_pid)
    confinement.close_all_but(line.fileno())
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # What was not loaded ahead cannot be any more: the code that asks is told so in Python's own
    # words, where looking for the file would end the process.
    sys.meta_path.clear()
    line.sendall(frames.ready_frame(confinement.shut_in(orphans=orphans)))
    while _answer_one(line):
        pass


def _answer_one(line: socket.socket) -> bool:
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
    answer = frames.answer_frame(number, examine(data, question.options))
    if len(answer) - frames.HEAD.size > frames.longest_answer(question.options):
        answer = frames.answer_frame(number, Sight(Status.TOO_LARGE))
    signal.setitimer(signal.ITIMER_REAL, 0)
    line.sendall(answer)
    return True
