# Everything that people and CI run. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8000
DATA_DIR ?= dragoman-data
ARGS ?=
# Half as many again as there are processors: for a third of their time tests wait, for servers, browsers and disks.
PYTEST ?= -n $(shell echo $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 ))) --dist loadfile --no-loadscope-reorder
VENV := .venv
BIN := $(VENV)/bin
# Compiled code is kept, whatever the machine says: tests start many hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check bench lock messages clean

help: ## List what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10
	@echo
	@echo 'PYTHON=/path/to/python3.12 chooses the interpreter, PORT= and DATA_DIR= the place of the demo,'
	@echo 'ARGS= what to add to the command: make test ARGS="tests/golden -x"'

run: $(VENV)/run.stamp ## Publish and serve the demo, the atlas, on port 8000 (PORT=...)
	@exec $(BIN)/dragoman serve examples/atlas/catalog.py --demo --port $(PORT) --data-dir $(DATA_DIR) $(ARGS)

test: $(VENV)/dev.stamp ## Run all tests, after installing what they need
	@scripts/servers test
	@$(BIN)/pytest $(PYTEST) $(ARGS)

check: $(VENV)/dev.stamp ## Lint, types, and the rules of the layers
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(VENV)/dev.stamp ## Measure the CPU per answer against nginx, into bench/results.json
	@scripts/servers bench
	$(BIN)/python -m bench $(ARGS)

lock: $(VENV)/dev.stamp ## Compile the lock files anew from pyproject.toml
	@scripts/lock $(VENV)

messages: $(VENV)/dev.stamp ## Collect the texts of the Room's pages, and compile their translations
	@$(BIN)/python -m scripts.messages

clean: ## Remove the environment and all caches, but no data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache tests/clients/*/node_modules tests/clients/*/.venv

# The stamps make the second start immediate: nothing is installed twice.
$(BIN)/python:
	@scripts/environment $(VENV)

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	@scripts/install $(VENV) requirements/run.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt pyproject.toml | $(BIN)/python
	@scripts/install $(VENV) requirements/dev.txt
	@touch $@ $(VENV)/run.stamp
