# Each target does all of its own set-up, in a virtual environment that is made once.
# PYTHON and VENV may be given: make test PYTHON=python3.12 VENV=/tmp/venv

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SHELL := /bin/sh
PROGRAMS := git age zstd node npm strace bash

# One more than there are processors: a test waits for servers and programs a fifth of its time.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

# Hundreds of the tests start skc: compiling all of it anew each time doubles what they take.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-long bench lint format clean programs

demo: $(STAMP)
	@$(BIN)/skc demo --keep

test: programs lint
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m "not long and not bench" --durations 5

test-long: programs $(STAMP)
	$(BIN)/pytest -n auto -m long --timeout 3600

bench: $(STAMP)
	$(BIN)/pytest -m bench -s --timeout 3600

lint: $(STAMP)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf $(VENV) build dist .campaign .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	    .import_linter_cache
	find skillconnect_ops tests -name __pycache__ -prune -exec rm -rf {} +

# What the tests run besides Python. A test that lacks one is skipped, and fails where CI is set.
programs:
	@lacking=""; \
	for program in $(PROGRAMS); do \
	    command -v $$program >/dev/null || lacking="$$lacking $$program"; \
	done; \
	if [ -n "$$lacking" ]; then \
	    echo "the tests need programs that are not here:$$lacking"; \
	    echo "to install them: apt-get install$$lacking" | sed "s/ node\>/ nodejs/"; \
	fi

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "skc needs Python 3.11 or newer, and $(PYTHON) is not:"; $(PYTHON) --version; \
	    echo "name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	    echo "$(PYTHON) cannot make virtual environments; on Debian: apt-get install python3-venv"; \
	    exit 1; }
	@echo "setting up $(VENV), once"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check \
	    --constraint constraints.txt --editable '.[api,demo,test]'
	@touch $@
