#!/bin/sh
# Write the requirement locks again, from pyproject.toml: hashes on every line, no host, no URL.
# Of the programme and its tests only versions that have wheels, as tools/venv.sh builds nothing.
# `sh tools/lock.sh --upgrade` takes newer versions; `--upgrade-package NAME` only one of them.
set -eu
cd "$(dirname "$0")/.."

command -v uv >/dev/null 2>&1 || {
    echo "make lock needs uv (https://docs.astral.sh/uv/)." >&2
    exit 1
}
compile="uv pip compile --quiet --universal --generate-hashes --no-header
    --no-emit-index-url --no-emit-find-links --python-version 3.11"
built="$compile --only-binary :all: pyproject.toml --extra build"
$built -o requirements/run.txt "$@"
$built --extra sweep --extra ray \
    -c requirements/run.txt -o requirements/sweep.txt "$@"
$built --extra dev --extra video --extra openpgp --extra sweep \
    --extra ray -c requirements/run.txt -o requirements/dev.txt "$@"
$compile requirements/peers.in -c requirements/run.txt -o requirements/peers.txt "$@"
$compile requirements/hma.in -c requirements/peers.txt -o requirements/hma.txt "$@"
$compile --no-deps requirements/foreign.in -c requirements/peers.txt \
    -o requirements/foreign.txt "$@"
$compile requirements/synapse.in -c requirements/run.txt -o requirements/synapse.txt "$@"
$compile requirements/moto.in -o requirements/moto.txt "$@"
# The locks must work with any index or mirror.
if grep -nE 'https?:|file:|^-' requirements/*.txt; then
    echo "A lock names a place to download from; that must not be." >&2
    exit 1
fi
echo "requirements/run.txt, sweep.txt, dev.txt, peers.txt, hma.txt, foreign.txt, synapse.txt"
echo "and moto.txt are written."
