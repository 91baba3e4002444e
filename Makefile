# The doors of the house. `make demo` and `make test` need nothing but Python 3.11, make and the network.
PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# make test SERVERS=no leaves the machine's packages alone, even as root.
SERVERS ?= yes

LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	--annotation-style line --quiet $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test servers lint format bench lock clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup:  ## Build .venv with what the demo needs; leaves .venv/bin/fermata
	@$(PYTHON) tools/setup_env.py demo

setup-dev:
	@$(PYTHON) tools/setup_env.py dev

demo: setup  ## Break a real shop and watch Fermata hold the fix for you
	@$(BIN)/fermata demo $(ARGS)

test: setup-dev servers lint  ## Check everything: style, types, contracts, tests (ARGS choose tests)
	@$(BIN)/python $(if $(ARGS),-m pytest $(ARGS),tools/run_tests.py)

servers:
ifeq ($(SERVERS),yes)
	@$(PYTHON) tools/install_servers.py
endif

lint: setup-dev  ## Check style, layout and types; the import contracts are among the tests
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy

format: setup-dev  ## Let ruff lay out the code and mend what it safely can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

bench: setup-dev  ## Measure, one script after the other; writes bench/RESULTS.md
	@for script in cases kubernetes logs redaction kubernetes_live docker_logs router budget brief slack discord_cards postmortem similar weakness chaos_specs faultproxy rehearsal rehearsal_stop intake hold start report; do $(BIN)/python bench/$$script.py || missed="$$missed $$script"; done; \
	if [ -n "$$missed" ]; then echo "a goal was missed in:$$missed"; exit 1; fi

lock: setup-dev  ## Write requirements/*.txt from pyproject.toml (ARGS=--upgrade moves indirect pins)
	$(LOCK) pyproject.toml --all-extras --group dev --output-file requirements/dev.txt
	$(LOCK) pyproject.toml --constraints requirements/dev.txt --output-file requirements/core.txt
	$(LOCK) pyproject.toml --extra demo --extra postgres --group build --constraints requirements/dev.txt \
		--output-file requirements/demo.txt
	$(LOCK) --group installer --constraints requirements/dev.txt --output-file requirements/uv.txt

clean:  ## Remove caches and build results (.venv stays; `rm -r .venv` is safe too)
	@rm -rf build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
