# Everything is installed from the lock files, with hashes, into .venv; the stamp files make a second run quick.
PYTHON ?= python3
VENV := .venv
# Compiled modules are kept: without them each of the many processes of the tests compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-input --require-hashes
OURSELVES := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-input \
             --no-deps --no-build-isolation --no-index --editable .
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-annotate --no-header \
           --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --build-deps-for editable
TYPES_PYTHON := $(BIN)/python
QUICK := tests/contracts tests/core/rules tests/features/*/test_rules.py \
         tests/features/talk/test_chat.py tests/features/voice/test_chat.py tests/features/wish/test_chat.py

.DEFAULT_GOAL := help
.PHONY: help speech demo install pictures test test-nightly coverage quick quick-types quick-tests fix bench mutants lint types lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

demo: $(VENV)/.runtime ## try the bot in a browser: an invented county, no account needed
	@exec $(BIN)/python -m bot demo

install: $(VENV)/.runtime ## only what running the bot needs

pictures: $(VENV)/.runtime requirements-pictures.lock ## what draws 进度 as a picture, 22 MB: a renderer and a font
	@$(PIP_INSTALL) -r requirements-pictures.lock

test: $(VENV)/.test ## install what tests need and run them all
	$(BIN)/python -m pytest

test-nightly: $(VENV)/.test ## the long tests; their table also stands in .cache/fault-table.md
	$(BIN)/python -m pytest -m nightly --timeout 5400 --fault-table .cache/fault-table.md

bench: $(VENV)/.test ## speed beside stock NoneBot and a plugin of its kind, about 5 minutes
	@$(BIN)/python -m tests.bench $(BENCH)

coverage: $(VENV)/.dev ## all tests once more, slower, and which lines of bot/ they reach
	$(BIN)/python -m pytest --timeout 360 --cov --cov-report term:skip-covered

quick: $(VENV)/.dev ## before a commit, under a minute: lint, types of bot/, contracts, rules, what people type most
	@$(MAKE) --no-print-directory -j 2 -O lint quick-types quick-tests

quick-types:
	$(BIN)/basedpyright --pythonpath $(TYPES_PYTHON) bot

quick-tests:
	$(BIN)/python -m pytest -n 2 -k "not postgresql and not test_authorisation" $(QUICK)

fix: $(VENV)/.dev ## format, and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

speech: $(VENV)/.test ## learn anew what people mean, from the invented sentences of bot/templates/speech/said
	$(BIN)/python -m tests.speech.train_intents --judge

mutants: $(VENV)/.dev ## which small changes of rules and acts no test notices: 600 of them, an hour or more (docs/testing.md)
	$(BIN)/python -m tests.mutation run

lint: $(VENV)/.dev ## format, lint and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(VENV)/.dev ## type check
	$(BIN)/basedpyright --pythonpath $(TYPES_PYTHON)

lock: $(VENV)/.dev ## resolve the dependencies of pyproject.toml anew; the smaller locks follow the largest
	$(COMPILE) --upgrade --all-extras -o requirements-dev.lock pyproject.toml
	$(COMPILE) --extra test --extra pictures -c requirements-dev.lock -o requirements-test.lock pyproject.toml
	$(COMPILE) --extra pictures -c requirements-test.lock -o requirements-pictures.lock pyproject.toml
	$(COMPILE) -c requirements-test.lock -o requirements.lock pyproject.toml
	$(COMPILE) --upgrade -c requirements.lock -o tests/bench/requirements.lock tests/bench/requirements.in
	$(COMPILE) --upgrade -c requirements-dev.lock -o tests/mutation/requirements.lock tests/mutation/requirements.in

clean: ## remove the virtual environment and caches; data/ stays
	rm -rf $(VENV) .cache build dist *.egg-info .ruff_cache .hypothesis .pytest_cache .import_linter_cache
	find bot tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the bot needs into $(VENV), about a minute the first time ..."
	@$(PIP_INSTALL) -r requirements.lock
	@$(OURSELVES)
	@touch $@

$(VENV)/.test: requirements-test.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP_INSTALL) -r requirements-test.lock
	@$(OURSELVES)
	@touch $@ $(VENV)/.runtime

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what development needs into $(VENV) ..."
	@$(PIP_INSTALL) -r requirements-dev.lock
	@$(OURSELVES)
	@touch $@ $(VENV)/.test $(VENV)/.runtime
