# `make run` does the main job on the sample inbox, `make test` passes the tests; both set themselves up.
PYTHON ?= python3
VENV := .venv
BENCH_VENV := .venv-bench
BENCH_READY := $(BENCH_VENV)/.ready
BENCH_LOCK := tests/bench/requirements.lock
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv pip
UV_VERSION := 0.13.9

.PHONY: run test lint types laws quality fuzz faults faults-s3 soak train train-pages bench screenshots measure-report vendor lock clean

run: $(READY)
	$(BIN)/winnow run

# Kernels compile on one core while mypy has the other. One process of tests more than there are cores has them at work
# while another waits for a server.
test: $(READY)
	@$(BIN)/python -m tests.support.kernels & kernels=$$!; \
		$(MAKE) --no-print-directory lint types; checked=$$?; wait $$kernels && exit $$checked
	$(BIN)/pytest -n 3 --dist worksteal

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

# The laws on many more generated corpora than `make test` tries; takes a quarter of an hour.
laws: $(READY)
	LAW_EXAMPLES_TIMES=30 $(BIN)/pytest -n 2 tests/property

# The quality of bodies of pages, metadata and shared passages on all of the evaluation data, not the sample that `make test` takes.
quality: $(READY)
	$(BIN)/python -m tests.quality.metadata
	$(BIN)/python -m tests.quality.passages
	$(BIN)/python -m tests.quality.pages

# Broken files of every format, 100,000 of them; takes twenty minutes. `make fuzz ARGS="--inputs 5000 --seed 7"` tries others.
fuzz: $(READY)
	$(BIN)/python -m tests.quality.fuzz $(ARGS)

# Kills, full disks, missing permissions and damaged files at 600 points of runs, backfills and compactions; takes half an hour.
faults: $(READY)
	$(BIN)/python -m tests.faults $(ARGS)

# A scheduled deployment on a real Prefect server and worker, files that come, change and go, and readers all the while; 30 minutes.
# `make soak ARGS="--minutes 2 --seed 7"` takes less, or does other things.
soak: $(READY)
	$(BIN)/python -m tests.soak $(ARGS)

# Breaks runs on a real S3 server at 240 points; takes half an hour of two busy cores. `make faults-s3 ARGS="--points 50 --seed 7"` tries others.
faults-s3: $(READY)
	$(BIN)/python -m tests.faults.s3 $(ARGS)

# Trains the line model on ../shared/eval/pages.parquet, measures it on sites that it did not see, and puts model and report in place.
# Takes some ten minutes of one core; ARGS="--lines FILE" keeps the labelled lines for the next time.
train: $(READY)
	$(BIN)/python -m tests.training.train_lines $(ARGS)

# The same for the model of pages, with the models of its folds, which `make quality` measures; a quarter of an hour of one core.
train-pages: $(READY)
	$(BIN)/python -m tests.training.train_pages

# Measures and renders the tables of CONTRIBUTING.md; takes hours at full size. `make bench ARGS="planted"` runs one part.
bench: $(READY) $(BENCH_READY)
	$(BIN)/python -m tests.bench $(ARGS)

# The two pictures of the README, taken by Chromium of a store of the sample inbox.
screenshots: $(READY)
	$(BIN)/python -m tests.site.screenshots

# Time and size of the report of a store, and how long its pages take in Chromium: `make measure-report ARGS="data"`.
measure-report: $(READY)
	$(BIN)/python -m tests.site.measure $(ARGS)

# Fetches the libraries of the pages again, at the versions pinned in tests/support/vendor.py; needs npm.
vendor: $(READY)
	$(BIN)/python -m tests.support.vendor

# uv installs ten times faster than pip; where it is not to be had or cannot reach the packages, pip does the same.
$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet uv==$(UV_VERSION) || echo "uv is not to be had; using pip"
	$(UV) install --quiet --require-hashes --no-deps --compile-bytecode -r requirements.lock \
		|| $(PIP) install --quiet --require-hashes --no-deps -r requirements.lock
	$(PIP) install --quiet --no-build-isolation --no-deps -e .
	touch $(READY)

# The tools that are measured beside ours need older versions of some packages, so they have an environment of their own.
$(BENCH_READY): $(READY) $(BENCH_LOCK)
	$(PYTHON) -m venv $(BENCH_VENV)
	VIRTUAL_ENV=$(BENCH_VENV) $(BIN)/uv pip install --quiet --require-hashes --no-deps --compile-bytecode -r $(BENCH_LOCK) \
		|| $(BENCH_VENV)/bin/python -m pip install --quiet --require-hashes --no-deps -r $(BENCH_LOCK)
	touch $(BENCH_READY)

# Pins every package that running and testing need, with hashes and without the address of any registry.
lock: $(READY)
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--group dev --group train --quiet -o requirements.lock pyproject.toml
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--group bench --quiet -o $(BENCH_LOCK)

clean:
	rm -rf $(VENV) $(BENCH_VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
