# The one list of tasks. `make` alone prints it. A fresh machine needs Python 3.11+ and git, nothing else.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
AREA ?= all
# Invented people have invented dates: their consents and meetups are looked at as on this day.
EXAMPLE_NOW := 2026-12-01T09:00Z
PYTEST := $(BIN)/python -m pytest -n 4 --dist worksteal -q

# Tests start hundreds of processes: what Python has compiled is kept, whatever the machine's habit.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help install dev debian hosts calendars editors demo serve check lint types layers format test test-real soak bench lock clean

help:  ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

install: $(VENV)/.installed  ## The command `alongside` in .venv, nothing more

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Alongside needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "This Python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.installed: $(VENV)/bin/pip pyproject.toml requirements.lock
	@echo "Installing into $(VENV) ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

dev: $(VENV)/.dev  ## As install, with the tools of tests and checks

$(VENV)/.dev: $(VENV)/.installed requirements-dev.lock
	@echo "Installing the tools of the tests ..."
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

debian:  ## What the tests need from Debian (browsers, PostgreSQL, mail servers ...), with apt where we are root
	@tools/install-debian-packages

hosts: build/npm/.installed  ## What pages that show the embed are made with in the tests (React, Bootstrap ...), from npm

calendars: build/npm-calendars/.installed  ## The calendar programs that read our feeds in the tests (ical.js, node-ical), from npm

editors: build/npm-editors/.installed  ## What editors ask about YAML and front matter in the tests, from npm

build/npm-editors/.installed: tests/editors/package.json tests/editors/package-lock.json
build/npm/.installed: tests/browser/hosts/package.json tests/browser/hosts/package-lock.json
build/npm-calendars/.installed: tests/calendars/readers/package.json tests/calendars/readers/package-lock.json

# Where there is no npm, or no way to its packages, the tests that need them say that they are left out.
build/%/.installed:
	@mkdir -p $(@D) && cp $^ $(@D)
	@echo "Installing from npm what $(<D) names ..."
	@if cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --silent; then touch .installed; \
	else echo "NOT INSTALLED: packages from npm for $(<D)" >&2; [ "$$CI" != true ]; fi

demo: install  ## The example community: checked, built, and 30 days of its mail on a simulated clock
	@$(BIN)/python tools/demo.py

serve: install  ## Live preview of the example community
	@$(BIN)/alongside serve

check: lint types layers  ## Format, lint, types, layers, and the example community itself
	@$(BIN)/alongside check --strict --now $(EXAMPLE_NOW)

lint: dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .

types: dev
	@$(BIN)/mypy

layers: dev
	@$(BIN)/lint-imports

format: dev  ## Put the code into shape
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

test: debian hosts calendars editors check  ## Every check and every test that needs nothing but this checkout
	@$(PYTEST) -m "not real and not soak" $$(tools/install-debian-packages --missing)

test-real: debian calendars dev  ## The same code against real communities (../shared, or ALONGSIDE_SHARED)
	@$(PYTEST) -m real -s tests/real

soak: debian dev  ## The long runs: every fault of a server in every way, disks full to every degree, many seeds
	@$(PYTEST) -m soak $$(tools/install-debian-packages --missing)

bench: debian calendars dev  ## Figures beside named peers; one area: make bench AREA=site
	@$(BIN)/python -m bench --area $(AREA)

lock: dev  ## Pin the newest versions that pyproject.toml allows
	@$(BIN)/pip install -q uv
	@$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url pyproject.toml tools/build-requirements.txt -o requirements.lock
	@$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -c requirements.lock --group dev pyproject.toml tools/build-requirements.txt -o requirements-dev.lock
	@$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -c requirements-dev.lock --extra service --extra postgresql --extra dkim pyproject.toml tools/build-requirements.txt -o requirements-service.lock

clean:  ## What was built: site, mails, caches, the demo's store (never content)
	rm -rf site build outbox alongside.sqlite alongside.sqlite-wal alongside.sqlite-shm .mypy_cache .ruff_cache .pytest_cache .hypothesis
