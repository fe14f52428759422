# `make run` does the main job on the sample inbox, `make test` passes the tests; both set themselves up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv pip
UV_VERSION := 0.13.9

.PHONY: run test lint types laws lock clean

run: $(READY)
	$(BIN)/winnow run

test: $(READY) lint types
	$(BIN)/pytest -n 2 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

# The laws on many more generated corpora than `make test` tries; takes a quarter of an hour.
laws: $(READY)
	LAW_EXAMPLES=150 $(BIN)/pytest -n 2 tests/property/test_laws.py

# uv installs ten times faster than pip; where it is not to be had or cannot reach the packages, pip does the same.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet uv==$(UV_VERSION) || echo "uv is not to be had; using pip"
	$(UV) install --quiet --require-hashes --no-deps --compile-bytecode -r requirements.lock \
		|| $(PIP) install --quiet --require-hashes --no-deps -r requirements.lock
	$(PIP) install --quiet --no-build-isolation --no-deps -e .
	touch $(READY)

# Pins every package that running and testing need, with hashes and without the address of any registry.
lock: $(READY)
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--group dev --quiet -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
