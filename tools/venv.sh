#!/bin/sh
# Make .venv hold exactly what a lock says. `sh tools/venv.sh run` for the programme alone,
# `sh tools/venv.sh dev` for tests and checks as well. A stamp keyed by the locks makes the second
# call a matter of milliseconds.
set -eu

want=${1:-run}
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

if .venv/bin/python -c '' 2>/dev/null; then
    python=.venv/bin/python
fi
command -v "$python" >/dev/null 2>&1 || stop \
    "There is no $python on this machine." \
    "On Debian and Ubuntu: sudo apt-get install python3 python3-venv"
state=$("$python" tools/stamp.py "$want") || stop \
    "Debian 12 and Ubuntu 24.04 bring one: sudo apt-get install python3 python3-venv" \
    "If a newer one has another name here: make run PYTHON=python3.12"

if [ "$(cat ".venv/tocsin-$want.stamp" 2>/dev/null || true)" = "$state" ]; then
    exit 0
fi

if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null || stop \
        "$python cannot make virtual environments yet." \
        "On Debian and Ubuntu: sudo apt-get install python3-venv"
    echo "Making .venv ($("$python" --version)) ..."
    "$python" -m venv --clear .venv
fi

lock=requirements/$want.txt
rm -f ".venv/tocsin-$want.stamp"
echo "Installing $(grep -c '==' "$lock") packages from $lock, each checked against its hash ..."
# --only-binary: a source package would be built with tools that no hash covers.
.venv/bin/python -m pip install --disable-pip-version-check \
    --only-binary :all: --require-hashes -r "$lock"
.venv/bin/python -m pip install --disable-pip-version-check --quiet \
    --no-deps --no-build-isolation -e .
echo "$state" >".venv/tocsin-$want.stamp"
if [ "$want" = dev ]; then
    # The lock for tests holds everything the programme needs too.
    .venv/bin/python tools/stamp.py run >.venv/tocsin-run.stamp
fi
