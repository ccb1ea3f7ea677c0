"""pyclamd as a programme of its own: `foreign_pyclamd.py PORT FILE`. Runs in the foreign venv."""

import sys
from pathlib import Path

import pyclamd  # type: ignore[import-not-found]


def main(port: str, file: str) -> str:
    """One line: `None` for clean, FOUND or ERROR with its words, or the name of what was raised."""
    try:
        scanner = pyclamd.ClamdNetworkSocket("127.0.0.1", int(port), timeout=20)
        said = scanner.scan_stream(Path(file).read_bytes())
    except (pyclamd.ConnectionError, pyclamd.BufferTooLongError) as error:
        return type(error).__name__
    return " ".join(said["stream"]) if said else "None"


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
