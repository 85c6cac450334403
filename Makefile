# One page of commands: `make` alone lists them.

PYTHON ?= python3
JINDU_HOME ?= warehouse/data
AS_OF ?= 2024-10-10T02:00
PORT ?= 4200
SUITE ?= night serve alerts

export JINDU_HOME
# a night is five processes: without bytecode each would compile thousands of files anew
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
BENCHED := $(VENV)/.benched
COMPATIBLE := $(VENV)/.compatible

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run serve test chaos bench bench-scale compat check docs gallery pictures lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  make run AS_OF=$(AS_OF) JINDU_HOME=$(JINDU_HOME)   (PYTHON=$(PYTHON))"
	@echo "  make serve JINDU_HOME=$(JINDU_HOME) PORT=$(PORT)"

setup: $(INSTALLED) ## make .venv from requirements.lock (one or two minutes; instant when it is there)

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "需要 Python 3.11 或更新版本，而 $(PYTHON) 不是。请安装后执行：make $(or $(MAKECMDGOALS),setup) PYTHON=python3.11" >&2; \
	    echo "Python 3.11 or newer is needed, and $(PYTHON) is not. Install it, then: make $(or $(MAKECMDGOALS),setup) PYTHON=python3.11" >&2; \
	    exit 1; }
	@test -x $(BIN)/python -a -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV) || { \
	    rm -rf $(VENV); \
	    echo "无法建立 $(VENV)。Debian/Ubuntu 请先执行:sudo apt-get install python3-venv" >&2; \
	    echo "Cannot make $(VENV). On Debian or Ubuntu first: sudo apt-get install python3-venv" >&2; \
	    exit 1; }
	@echo "安装依赖到 $(VENV)（约一两分钟）… Installing into $(VENV), a minute or two …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check --quiet --disable-pip-version-check  # the lock is whole: pip need not solve it again
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib || true  # pip has, others have not; a package may hold what is no Python
	@touch $@

run: setup ## make the sample office (when the home has no inbox) and run one night as of AS_OF
	@test -d "$(JINDU_HOME)/inbox" -a \( ! -f "$(JINDU_HOME)/sample.json" -o -f "$(JINDU_HOME)/manifest.json" \) \
	    || $(BIN)/jindu sample  # the manifest is written last: a sample without one was cut short
	@$(BIN)/jindu run --as-of "$(AS_OF)" || test $$? -eq 1  # 1: done, and something needs a person

serve: setup ## keep this machine at work: Prefect and its page, the nightly run, the delivery, the watch (Ctrl-C stops it)
	@exec $(BIN)/jindu serve --port "$(PORT)"

$(BENCHED): $(INSTALLED) requirements-bench.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --upgrade \
	    --target $(VENV)/bench --requirement requirements-bench.lock
	@touch $@

test: setup ## run all tests
	@$(BIN)/python -m pytest

chaos: setup ## kill a night after every step, each process of `jindu serve`, a delivery midway (SUITE=night, serve, alerts)
	@code=0; for suite in $(SUITE); do $(BIN)/python -m tests.chaos.$$suite || code=$$?; done; exit $$code

bench: setup $(BENCHED) ## measure: first answer, night, projection, laws, mutants (tests/bench/; half an hour)
	@code=0; for script in $$(grep -l __main__ tests/bench/*.py tests/bench/faults/*.py); do \
	    $(BIN)/python -m "$$(tr / . <<< "$${script%.py}")" || code=$$?; done; exit $$code

bench-scale: setup $(BENCHED) ## measure at a country's size: calculation, judging, analysts' questions (tests/scale/; hours)
	@code=0; for script in rebuild judging queries; do $(BIN)/python -m tests.scale.$$script || code=$$?; done; exit $$code

$(COMPATIBLE): $(INSTALLED) requirements-compat.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --upgrade \
	    --target $(VENV)/compat --requirement requirements-compat.lock
	@touch $@

compat: setup $(COMPATIBLE) ## open the published file of a night as of AS_OF with DuckDB 1.5 and 2.0, and compare every documented answer
	@test -e "$(JINDU_HOME)/published/jindu.duckdb" || $(MAKE) --no-print-directory run
	@$(BIN)/python -m tests.compat.answers "$(JINDU_HOME)"
	@PYTHONPATH=$(VENV)/compat $(BIN)/python -m tests.compat.answers "$(JINDU_HOME)"

check: setup ## format, lint, types, import contracts, SQL style, stale generated documents
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/sqlfluff lint --disable-progress-bar $(wildcard sql/core sql/check sql/mart sql/page)
	@$(BIN)/python -m jindu.warehouse.dictionary --check

docs: setup ## write the generated documents anew, and the promise to analysts (warehouse/contract)
	@$(BIN)/python -m jindu.warehouse.dictionary
	@$(BIN)/python -m tests.architecture.contract

gallery: setup ## make the files of tests/gallery anew (LibreOffice for .xls and .et)
	@$(BIN)/python -m tests.gallery.make

pictures: setup ## draw the pictures in docs/ anew (LibreOffice, Chromium, poppler, ImageMagick), after `make run`
	@$(BIN)/python -m tests.pictures "$(JINDU_HOME)"

lock: setup ## bring requirements.lock up to pyproject.toml (add UPGRADE=--upgrade for newer versions)
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url --no-emit-find-links --quiet $(UPGRADE) --output-file requirements.lock

clean: ## remove .venv and caches; the home and its data stay
	@rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
