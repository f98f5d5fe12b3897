# Every target that needs Python sets the environment up first; `make setup` alone does only that.

PYTHON ?= python3
DESIGN ?= specs/mmio_multi_irq/posted.vq
JOBS ?= 2
SECONDS ?= 10
RUNS ?= 1000000
PIP_FLAGS ?= -qq

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup verify test lint docs docs-generate bench spin mutants fuzz table goldens lock clean rebuild

# The stamp holds what the environment depends on besides files: where it stands (its scripts name
# that place) and its Python. A moved, copied or half-removed one, or one whose Python was upgraded,
# no longer answers what its stamp says.
IDENTITY = import sys; print(sys.prefix, "%d.%d" % sys.version_info[:2])
STALE := $(shell if test -e $(STAMP); then test -x $(BIN)/checker \
	&& test "`$(BIN)/python -I -c '$(IDENTITY)' 2>&1`" = "`cat $(STAMP)`" || echo rebuild; fi)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## the environment in .venv/; reused when it is there and sound
	@:

verify: setup ## check the design in DESIGN against what it expects of itself
	@$(BIN)/checker verify $(DESIGN)

test: setup lint docs ## everything: lint, the documentation, the tests
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

lint: setup ## ruff, mypy --strict, who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict checker model tests benchmarks
	$(BIN)/lint-imports --no-logo

docs: setup ## the documentation as HTML in build/docs/; a warning is an error
	$(BIN)/python -m sphinx -q -E -W --keep-going -d build/doctrees -b html docs build/docs

docs-generate: setup ## the generated pages of the reference anew
	$(BIN)/python docs/generate.py

bench: setup ## the benchmarks, as ratios
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.lost
	$(BIN)/python -m benchmarks.machine
	$(BIN)/python -m benchmarks.ring
	$(BIN)/python -m benchmarks.spin

spin: setup ## SPIN and our search on every design of the library; needs spin and gcc
	SPIN_LIBRARY=1 $(BIN)/python -m pytest -q -n $(JOBS) tests/export

mutants: setup ## each listed defect of the core has to be noticed by its tests
	$(BIN)/python -m tests.mutants.ring

fuzz: setup ## libFuzzer, AFL++ and atheris on the ring, those that are there; SECONDS=10 each
	$(BIN)/python -m tests.fuzz.ring --seconds $(SECONDS)

table: setup ## the safe cells of the handler table, RUNS=1000000 random runs each
	$(BIN)/python -m tests.machine.table --runs $(RUNS)

goldens: setup ## write the expected outputs anew; read the difference before you commit it
	UPDATE_GOLDENS=1 $(BIN)/python -m pytest -q $(ARGS)

lock: setup ## requirements-lock.txt anew; with the oldest Python at hand (PYTHON=...)
	@rm -rf build/lock && mkdir -p build && $(PYTHON) -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check install --quiet -e '.[dev]'
	@{ sed '/^[^#]/,$$d' requirements-lock.txt; \
	   build/lock/bin/python -m pip freeze --exclude-editable; } > build/lock.txt
	@mv build/lock.txt requirements-lock.txt && rm -rf build/lock

clean: ## remove what was built; the environment stays
	rm -rf build dist *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find checker model tests docs specs -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml setup.py requirements-lock.txt $(wildcard model/ring/*.[ch] model/machine/bulk/*.[ch]) $(STALE)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "vqcheck needs Python 3.11 or newer; '$(PYTHON)' is not. Try: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. On Debian: apt install python3-venv" >&2; exit 1; }
	@echo "setting up $(VENV)/"
	@if test -n "$(STALE)" || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	  rm -rf $(VENV) && $(PYTHON) -m venv $(VENV); fi
	@$(PIP) install $(PIP_FLAGS) -c requirements-lock.txt --config-settings editable_mode=compat -e '.[dev]' || { \
	  echo "$(VENV)/ is not complete. For all that pip has to say: make setup PIP_FLAGS=-v" >&2; exit 1; }
	@$(BIN)/python -m compileall -q checker model  # kept even where PYTHONDONTWRITEBYTECODE is set
	@$(BIN)/python -I -c '$(IDENTITY)' > $@
