# The two commands of the README are `make run` and `make test`; each sets up what it needs, in .venv only.
.DEFAULT_GOAL := help
.PHONY: help run demo test test-release check lock bench clean
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
TEST_PROCESSES ?= 2
PYTEST_ARGS ?=
# Random sequences of commands that a release walks; a multiple of 500.
WALKS ?= 100000
# Events that a release's stress of the store records.
STRESS ?= 1000000
# Nothing but the lock decides what is installed. It is compiled at once: a dozen processes start from it,
# each a second or two later where nothing is, and some machines never keep what a first start compiles.
UV := env -u VIRTUAL_ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_NO_PROGRESS=1 $(BIN)/uv --quiet
COMPILE := pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

help:
	@echo "make run    start everything with the sample city; Ctrl-C stops it (data: ECHOWALL_DATA_DIR or ./.echowall)"
	@echo "make demo   work 200 real cases through faults in a fresh folder, check every promise, end with one JSON object"
	@echo "make test   run all tests"
	@echo "make test-release  before a release: $(STRESS) events under stress (STRESS=...), then $(WALKS) random"
	@echo "            sequences of commands (WALKS=...); over an hour"
	@echo "make check  style, types, import rules, dependencies, licences"
	@echo "make bench  run the benchmarks"
	@echo "make lock   lock the dependencies again"
	@echo "make clean  remove .venv and caches, never data"

run: $(VENV)/.run
	@exec $(BIN)/echowall up --sample samples/boston

demo: $(VENV)/.run
	@exec $(BIN)/echowall demo --json

# One process per core at most; tests of one file share their server's state and stay together. Those with slow tests begin
# (tests/conftest.py), so that none of them is left for the end, when the other process has nothing to do.
test: $(VENV)/.dev
	@$(BIN)/python -m interfaces.local.temporal_program || echo "Tests that need Temporal will fail." >&2
	@exec $(BIN)/python -m pytest -q -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder \
		$(PYTEST_ARGS)

test-release: $(VENV)/.dev
	@STRESS_EVENTS=$(STRESS) $(BIN)/python -m pytest -q $(PYTEST_ARGS) tests/engine/test_stress.py
	@ECHOWALL_PROPERTIES=release ECHOWALL_WALKS=$(WALKS) exec $(BIN)/python -m pytest -q $(PYTEST_ARGS) \
		tests/domain/case/test_any_command_anywhere.py

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/deptry .
	$(BIN)/pip-licenses --from=mixed --format=csv --output-file=$(VENV)/licenses.csv >/dev/null
	! grep -E $(DENIED) $(VENV)/licenses.csv

bench: $(VENV)/.dev
	@exec $(BIN)/python -m bench

lock: $(VENV)/.uv
	$(UV) $(COMPILE) pyproject.toml -o requirements.lock
	$(UV) $(COMPILE) pyproject.toml --group dev -o requirements-dev.lock
	$(UV) $(COMPILE) --group build --constraint requirements-dev.lock -o requirements-build.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist *.egg-info

# Stamps: each step is done again only when what it depends on changed.
$(VENV)/.uv: requirements-build.lock deploy/find-python
	@echo "Setting up $(VENV)" >&2
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { python=$$(sh deploy/find-python) || exit 1; \
		rm -rf $(VENV); "$$python" -m venv $(VENV) || exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	@touch $@

# Both install from a lock; the second holds the first, so that going back and forth installs nothing anew.
$(VENV)/.dev: $(VENV)/.uv requirements-dev.lock pyproject.toml
	@echo "Installing what tests need" >&2
	@$(UV) pip install --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run

$(VENV)/.run: $(VENV)/.uv requirements.lock pyproject.toml
	@echo "Installing what the program needs" >&2
	@$(UV) pip install --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# LGPL is allowed: psycopg is imported, not linked in.
DENIED := '(^|[^L])GPL|Affero|GNU General Public'
