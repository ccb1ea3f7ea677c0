"""Install what the tests need from Debian: servers, clients, a browser. Says what is missing.

Run as `python -m tools.debian_packages`. It starts no service of the machine's own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tools.servers import chromium, node, postgres_programs

# A policy-rc.d that answers 101 keeps apt from starting what it installs; one that is there
# already is somebody's wish and stays as it is.
_INSTALL = """
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\\nexit 101\\n' >"$policy" && chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT INT TERM
fi
apt-get update
for package in "$@"; do
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$package"
done
"""


def main() -> int:
    """Install the missing ones where that is allowed; 0 always: the tests say what was left out."""
    missing = _missing()
    if not missing:
        return 0
    right = _right_to_install()
    if right is None:
        print(f"For every test: sudo apt-get install {' '.join(missing)}")
        return 0
    print(f"Installing {' and '.join(missing)} for the tests ...", flush=True)
    subprocess.run([*right, "sh", "-c", _INSTALL, "sh", *missing], check=False)
    return 0


def _missing() -> list[str]:
    found = {
        "postgresql": postgres_programs(),
        "chromium": chromium(),
        "nodejs": node(),
        "clamdscan": shutil.which("clamdscan"),
        "clamav-daemon": shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin"),
        "c-icap": shutil.which("c-icap-client"),
        "squid": shutil.which("squid") or shutil.which("squid", path="/usr/sbin"),
    }
    return [package for package, place in found.items() if place is None]


def _right_to_install() -> list[str] | None:
    """The words before a command that needs root; None when we may not, or there is no apt."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    asked = subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True)
    return ["sudo", "-n"] if asked.returncode == 0 else None


if __name__ == "__main__":
    sys.exit(main())
