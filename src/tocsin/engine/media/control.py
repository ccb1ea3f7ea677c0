"""What a pool asks of its zygote, and what it is told: fixed words over a socket of their own.

A question is what to do and a process number; an answer is two numbers. With the answer to FORK
come two open files (SCM_RIGHTS): our end of the new worker's socket, and a handle on its process.
"""

import struct
from typing import Final

QUESTION: Final = struct.Struct("!cI")
ANSWER: Final = struct.Struct("!Ii")

FORK: Final = b"F"
"""Fork a worker: its process number, or 0 and the error number when the system forks no more."""
END: Final = b"E"
"""Kill this worker if it still runs, and collect it: its number and how it ended, as
`os.waitstatus_to_exitcode` says it."""

UNKNOWN: Final = 1 << 16
"""How a worker ended that is no child of this zygote."""
MANY_THREADS: Final = 3
"""Exit status of a zygote in which a library has started threads: a fork of it could hang."""
