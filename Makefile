# Two commands on a bare machine with Python 3.11 to 3.13: `make discover`, `make test`.
# Every target first makes .venv from requirements.lock, unless that is done already.

SHELL := /bin/sh
.DEFAULT_GOAL := help

BIN := .venv/bin
CONFIG ?= configs/sample.yaml
WORKERS ?= 2
# Two test processes share the cores, so that each computes on one.
TEST_ENVIRONMENT := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.PHONY: help
help: ## what can be made
	@echo "make <target>, one of:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: environment
environment: ## make .venv from the lock (every other target does, when needed)
	@python=$$(sh scripts/find-python.sh) && "$$python" scripts/bootstrap.py

.PHONY: discover
discover: environment ## run the main job on the sample (CONFIG=configs/yours.yaml for another)
	@echo "Discovering the ideal customer profile: icp discover $(CONFIG)"
	@$(BIN)/icp discover $(CONFIG)
	@echo "Read the decision memo first, then the whole report; 'make ui' opens the runs in MLflow."

.PHONY: test
test: environment ## run the tests, the slow ones too
	@echo "Running the tests in $(WORKERS) processes (some minutes)."
	@$(TEST_ENVIRONMENT) $(BIN)/python -m pytest -n $(WORKERS)

.PHONY: check
check: environment ## what CI runs: format, lint, types, import contracts, tests
	@echo "Checking the format" && $(BIN)/ruff format --check --quiet .
	@echo "Checking the lint rules" && $(BIN)/ruff check --quiet .
	@echo "Checking the types" && $(BIN)/mypy
	@echo "Checking the import contracts" && $(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

.PHONY: format
format: environment ## format the code and mend what the linter can
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

.PHONY: bench
bench: environment ## times and memory of a discovery, of scoring and of databases, every engine's answers, the models beside tuned boosters (TRIALS=30 SEEDS=0:5 DATA=folder): figures and limits
	@failed=; for benchmark in benchmarks.stages benchmarks.scoring benchmarks.engines benchmarks.models_peers benchmarks.databases; do \
	    echo "== $$benchmark"; $(TEST_ENVIRONMENT) KINDS="$(KINDS)" SEEDS="$(SEEDS)" ACCOUNTS="$(ACCOUNTS)" \
	    TRIALS="$(TRIALS)" DATA="$(DATA)" ROWS="$(ROWS)" WORKERS="$(WORKERS)" $(BIN)/python -m "$$benchmark" || failed="$$failed $$benchmark"; done; \
	if [ -n "$$failed" ]; then echo "A limit does not hold in:$$failed" >&2; exit 1; fi

.PHONY: bench-models
bench-models: environment ## the models against the truth of planted worlds (KINDS="noise monthly:1.4" SEEDS=0:20 ACCOUNTS=4000 OUT=models.md)
	@$(TEST_ENVIRONMENT) KINDS="$(KINDS)" SEEDS="$(SEEDS)" ACCOUNTS="$(ACCOUNTS)" YEARS="$(YEARS)" \
	    WORKERS="$(WORKERS)" OUT="$(OUT)" $(BIN)/python -m benchmarks.models_worlds

.PHONY: bench-worlds
bench-worlds: environment ## criteria on worlds with known truth (KINDS="noise wide" SEEDS=0:20 ACCOUNTS=4000 OUT=worlds.md)
	@$(TEST_ENVIRONMENT) KINDS="$(KINDS)" SEEDS="$(or $(SEEDS),0:20)" ACCOUNTS="$(or $(ACCOUNTS),4000)" \
	    YEARS="$(YEARS)" PEERS="$(PEERS)" OUT="$(OUT)" $(BIN)/python -m benchmarks.measure_worlds

.PHONY: bench-segments
bench-segments: environment ## segments on worlds with known truth, RIVALS=1 others too (KINDS=planted SEEDS=300:310 ACCOUNTS=4000 OUT=segments.md)
	@$(TEST_ENVIRONMENT) KINDS="$(KINDS)" SEEDS="$(SEEDS)" ACCOUNTS="$(ACCOUNTS)" RIVALS="$(RIVALS)" \
	    WORKERS="$(WORKERS)" OUT="$(OUT)" $(BIN)/python -m benchmarks.segments

.PHONY: bench-peers
bench-peers: environment ## install what the benchmarks put beside ours: rule finders, clustering, boosters, a tuner (no version of the lock changes)
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --default-pip
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r benchmarks/requirements.lock

.PHONY: engines
engines: environment ## install what the tests of other engines need: PySpark, JsonLogic for Node, PostgreSQL and a browser where missing
	@sh scripts/install-engines.sh

.PHONY: bench-drift
bench-drift: environment ## the review of a release: false alarms in a year, shifts seen in a quarter (SEEDS=200:400 SHIFTED=40)
	@echo "Letting worlds go on for a year, as they are and with a planted shift (some minutes)."
	@$(TEST_ENVIRONMENT) SEEDS="$(or $(SEEDS),200:400)" SHIFTED="$(or $(SHIFTED),40)" ACCOUNTS="$(or $(ACCOUNTS),4000)" \
	    MODELS="$(MODELS)" $(BIN)/python -m benchmarks.staleness

.PHONY: bench-leaks
bench-leaks: environment ## leaks caught and honest attributes accused (SEEDS=0:3)
	@echo "Planting leaks in small worlds and hunting for them (some minutes)."
	@$(TEST_ENVIRONMENT) SEEDS="$(or $(SEEDS),0:3)" $(BIN)/python -m benchmarks.leaks

.PHONY: ui
ui: environment ## open the MLflow UI on the runs
	@$(BIN)/icp ui

.PHONY: example
example: environment ## write models/example/ and the README's output again
	@$(BIN)/python scripts/make_example.py

.PHONY: docs
docs: environment ## write the generated pages of docs/ again
	@$(BIN)/python scripts/make_docs.py

.PHONY: lock
lock: ## resolve both locks again (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv" >&2; exit 1; }
	uv pip compile pyproject.toml -c lock-constraints.txt --extra excel --extra postgres --extra tune --group dev \
	    --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --no-header --no-emit-index-url \
	    --quiet -o requirements.lock
	uv pip compile -c requirements.lock --group engines --universal \
	    --python-version 3.11 --fork-strategy fewest --generate-hashes --no-header --no-emit-index-url \
	    --quiet -o tests/engines/requirements.lock
	uv pip compile -c requirements.lock --group bench --universal \
	    --python-version 3.11 --fork-strategy fewest --generate-hashes --no-header --no-emit-index-url \
	    --quiet -o benchmarks/requirements.lock

.PHONY: clean-environment
clean-environment: ## remove .venv, to start afresh
	rm -rf .venv
