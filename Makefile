# Needs python3 (3.11 or newer), python3-venv and make. Everything else goes into .venv.
.POSIX:
.PHONY: help run test check lock clean

help:
	@echo 'make run      start everything with a rehearsal list: http://localhost:8000'
	@echo 'make test     the tests, on SQLite, PostgreSQL and in chromium'
	@echo 'make check    style, types, layers, templates, house rules'
	@echo 'make lock     write the requirement locks again (needs uv)'
	@echo 'make clean    take away .venv and caches; your data folder stays'

run:
	@sh tools/venv.sh run
	@exec .venv/bin/tocsin up --rehearsal

test:
	@sh tools/venv.sh dev
	@.venv/bin/python -m tools.debian_packages
	@for one in foreign synapse moto; do .venv/bin/python -m tools.$$one & done; wait
	@.venv/bin/python -m tools.test

check:
	@sh tools/venv.sh dev
	@.venv/bin/python -m tools.check

lock:
	@sh tools/lock.sh

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
