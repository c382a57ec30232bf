# Everything a developer or a user runs. `make` alone tells.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest
# Test processes at once: they mostly wait for servers. Each file stays in one process.
JOBS ?= 3
# The suites that touch the compiled core; they run once in each mode.
CORE_SUITES := tests/unit/schemas tests/unit/converters tests/unit/postgres tests/unit/mysql tests/unit/connectors tests/unit/kafka tests/laws

.DEFAULT_GOAL := help
.PHONY: help install core check test test-unit test-core-python test-golden chaos fuzz bench bench-quick bench-docs demo worker-stop clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

install: $(STAMP) ## make the virtual environment and install Headgate with its development tools

$(STAMP): pyproject.toml setup.py
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing: install Python 3.11 or newer (Debian: apt-get install python3 python3-venv)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; give it with: make PYTHON=python3.11"; exit 1; }
	@echo "== installing Headgate into $(VENV) (about a minute the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "venv is missing (Debian: apt-get install python3-venv)"; exit 1; }
	@$(BIN)/python -m pip install -q --upgrade pip
	@HEADGATE_BUILD_CORE=skip $(BIN)/python -m pip install -q -e '.[dev]'
	@$(MAKE) --no-print-directory core
	@touch $@

core: ## build the compiled core in place (without a compiler the interpreted one is used)
	@$(BIN)/python setup.py -q build_ext --inplace
	@$(BIN)/python -c 'import schemas.core, connectors.postgres.core, connectors.mysql.core; from schemas.core_select import implementation; print("== core:", implementation())'

check: $(STAMP) ## ruff, mypy --strict and the import contracts
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: $(STAMP) check ## the whole suite on real servers, the core suites in both modes (TESTS=path for a part)
	HEADGATE_CORE=python $(PYTEST) -q -n 2 $(CORE_SUITES)
	@state=$$(mktemp -d) && chmod 755 $$state && trap '$(BIN)/python -m devstack down --wipe --directory '$$state'; rm -rf '$$state EXIT \
	&& $(BIN)/python -m devstack up kafka registry postgres postgres15 mysql mariadb --directory $$state \
	&& set -a && eval "$$($(BIN)/python -m devstack env --directory $$state)" && set +a \
	&& HEADGATE_CORE=native $(PYTEST) -q -n $(JOBS) --dist loadfile $(TESTS)

test-unit: $(STAMP) ## the quick tests that need no server
	$(PYTEST) -q tests/unit tests/laws

test-core-python: $(STAMP) ## the core suites with the interpreted core
	HEADGATE_CORE=python $(PYTEST) -q $(CORE_SUITES)

test-golden: $(STAMP) ## the recorded cases of the reference system
	$(PYTEST) -q -m golden

chaos: $(STAMP) ## the long chaos run (CHAOS_RUNS=n kills, default 30)
	CHAOS_RUNS=$${CHAOS_RUNS:-30} $(PYTEST) -q tests/chaos

fuzz: $(STAMP) ## the core under AddressSanitizer on a million inputs a target (FUZZ=targets, FUZZ_INPUTS=n, FUZZ_PLAIN=1)
	$(BIN)/python -m tests.fuzz $(FUZZ) --inputs $${FUZZ_INPUTS:-1000000} $(if $(FUZZ_PLAIN),--plain)

bench: $(STAMP) ## speed, latency, memory and growth beside their limits and goals, half an hour (BENCH_CASES=names)
	$(BIN)/python -m bench

bench-quick: $(STAMP) ## the essential cases once with small sizes, three minutes
	$(BIN)/python -m bench --quick

bench-docs: $(STAMP) ## the last results into docs/: figures and plots
	$(BIN)/python -m bench.plot

demo: $(STAMP) ## real servers, a worker, live changes on the screen (DEMO_SECONDS=n ends by itself)
	@$(BIN)/python -m examples.demo

clean: ## remove build products and state (not the download cache)
	-@test ! -d .devstack || $(BIN)/python -m devstack down --wipe
	rm -rf build *.egg-info .devstack .mypy_cache .ruff_cache .pytest_cache .hypothesis $(VENV)
	find . -path ./$(VENV) -prune -o \( -name '*.so' -o -name '*.c' -path '*/core/*' -o -name __pycache__ \) -print | xargs rm -rf
