# Every target sets up what it needs and works alone on a fresh machine: make, Python 3.11 or newer.
# `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CLUSTER_PROGRAM := PYTHONPATH=tests $(PYTHON) -m cluster
DEMO_PROGRAM := PYTHONPATH=tests $(PYTHON) -m cluster.demo
# Whole runners and feeds over real sockets, in real time: minutes long, `make check` leaves them out.
REAL_TIME_TESTS := tests/integration/runner tests/integration/marketdata
CLUSTER_TESTS := $(wildcard tests/e2e/test_local_cluster*.py)
PACKAGE_TESTS := $(wildcard tests/e2e/test_chart*.py) tests/e2e/test_image.py
# What only the built-in cluster has: its API server and node can be stopped, its audit log read.
LOCAL_TESTS := $(wildcard tests/e2e/test_*_local.py)
# All others share one release, so they run together, outages last; the demo installs its own first.
SHARING_TESTS := $(filter-out $(CLUSTER_TESTS) $(PACKAGE_TESTS) $(LOCAL_TESTS) tests/e2e/test_demo.py,$(wildcard tests/e2e/test_*.py))
E2E_TESTS := tests/e2e/test_demo.py $(SHARING_TESTS) $(LOCAL_TESTS)
RUN_E2E = @echo "e2e: accounts from kubectl apply to the exchange"; \
	$(BIN)/python -m pytest -q -m "cluster and not nightly" tests/e2e/test_demo.py $(SHARING_TESTS) \
	    $$(test ! -e .cluster/node-id || echo $(LOCAL_TESTS))
# Among the unit tests of a part are properties too.
PROPERTY_UNITS = $(shell grep -rl '^@given' tests/unit)
IMAGE_PROGRAM := PYTHONPATH=tests $(PYTHON) -m cluster.images
SOURCES := crds/botapi operator/botoperator botrunner/botrunner tests
# One lock for Python 3.11 to 3.13. Releases younger than a week wait: bad ones are found by then.
UV_COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --exclude-newer '7 days' \
	--generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock' $(UPGRADE)
NEXT = @printf '\n%s\n' "$(1)"

# Needs the cluster and the image in it.
CLUSTER_BENCH := tests/bench/stop_bench.py

.PHONY: help init lock fmt lint types imports check-static check-tests check test e2e nightly \
	bench crds image cluster-up cluster-down demo clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	$(call NEXT,Start with: make demo (a cluster with the example account) or make test (everything).)

init: $(READY) ## Make the development environment in .venv
	$(call NEXT,Next: make check (no cluster needed$(comma) under 3 minutes) or make test.)

comma := ,

$(READY): pyproject.toml requirements-dev.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else f"make init: Python 3.11 or newer is needed, {sys.executable} is {v[0]}.{v[1]}; name another with PYTHON=...")'
	@echo "init: $(VENV) from requirements-dev.lock"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "make init: the venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

lock: $(READY) ## Pin the dependencies anew; UPGRADE=--upgrade takes the newest that pyproject.toml allows
	$(UV_COMPILE) --extra operator --extra runner pyproject.toml -o requirements.lock
	$(UV_COMPILE) --group build -o requirements-build.lock
	$(UV_COMPILE) --all-extras --group dev -c requirements.lock -c requirements-build.lock pyproject.toml -o requirements-dev.lock
	$(call NEXT,Next: git diff -- '*.lock'$(comma) then make test.)

fmt: $(READY) ## Format the code and mend what can be mended
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)
	$(call NEXT,Next: make check.)

lint: $(READY) ## Format and lint rules, nothing is changed
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(call NEXT,Next: make types. Mend findings with make fmt.)

types: $(READY) ## Strict types, tests included
	$(BIN)/mypy
	$(call NEXT,Next: make imports.)

imports: $(READY) ## The direction of dependencies and the purity of the core
	$(BIN)/lint-imports
	$(call NEXT,Next: make check.)

check-static: $(READY)
	@echo "check: format and lint"; $(BIN)/ruff format --check --quiet $(SOURCES) && $(BIN)/ruff check --quiet $(SOURCES)
	@echo "check: types"; $(BIN)/mypy --no-error-summary
	@echo "check: imports"; $(BIN)/lint-imports > $(VENV)/imports.log 2>&1 || { cat $(VENV)/imports.log; rm -f $(VENV)/imports.log; exit 1; }; grep "Contracts:" $(VENV)/imports.log; rm -f $(VENV)/imports.log

check-tests: $(READY)
	@echo "check: tests that need neither a cluster nor minutes"
	@$(BIN)/python -m pytest -q -m "not cluster and not nightly" $(REAL_TIME_TESTS:%=--ignore=%)

check: $(READY) ## Static checks beside all quick tests, no cluster needed (3 min)
	@$(MAKE) -j2 check-static check-tests
	$(call NEXT,Next: make test (with the cluster) before it lands.)

test: check cluster-up ## Everything but the long profiles, with the tests on the real cluster
	@echo "test: whole runners and feeds"
	@$(BIN)/python -m pytest -q -m "not cluster and not nightly" $(REAL_TIME_TESTS)
	@if [ -e .cluster/node-id ]; then \
	    echo "test: the built-in cluster itself, which takes it down and up again"; \
	    $(BIN)/python -m pytest -q -m "cluster and not nightly" $(CLUSTER_TESTS); \
	else \
	    echo "test: this cluster is kind's; the built-in one and its tests are not part of this run"; \
	fi
	@$(MAKE) image
	@echo "test: on the cluster"
	@$(BIN)/python -m pytest -q -m "cluster and not nightly" \
	    $(CLUSTER_TESTS:%=--ignore=%) $(E2E_TESTS:%=--ignore=%) $(REAL_TIME_TESTS:%=--ignore=%)
	$(RUN_E2E)
	$(call NEXT,All green. The cluster is still up: export KUBECONFIG=$$PWD/.cluster/kubeconfig. Down: make cluster-down.)

e2e: $(READY) cluster-up ## Accounts from kubectl apply to the exchange, on the release in the cluster; part of test
	@$(MAKE) image
	$(RUN_E2E)
	$(call NEXT,All green. Next: make demo brings its account back.)

nightly: test ## Everything, then the long profiles: outages and days, many more examples for every property
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -q --timeout 3600 tests/property $(PROPERTY_UNITS)
	$(BIN)/python -m pytest -q --timeout 3600 -m nightly || test $$? -eq 5
	$(call NEXT,Next: a failing example is printed with its blob; turn it into a test.)

bench: $(READY) ## The benchmarks, as ratios against a reference measured in the same run
	@for bench in $(filter-out $(CLUSTER_BENCH),$(wildcard tests/bench/*_bench.py)); do \
	    echo "== $$bench"; $(BIN)/python $$bench; done
	@echo "== $(CLUSTER_BENCH)"; if [ -e .cluster/kubeconfig ]; then $(BIN)/python $(CLUSTER_BENCH); \
	else echo "left out: it needs a cluster; make cluster-up image$(comma) then make bench"; fi
	$(call NEXT,Compare the ratios$(comma) not the absolute figures: machines differ.)

crds: $(READY) ## Generate the CRDs in crds/ and in the chart from the models
	$(BIN)/tradefleet crds --output-dir crds
	$(BIN)/tradefleet crds --output-dir charts/tradefleet/templates/crds
	$(call NEXT,Next: git diff crds$(comma) then make check.)

image: $(READY) ## Build the image and load it into the cluster if one is up; shows the size of each layer
	@$(IMAGE_PROGRAM) build

cluster-up: ## A real cluster on this machine (kind with Docker, else built in); CLUSTER=kind|local forces one
	@$(CLUSTER_PROGRAM) up

cluster-down: ## Take the cluster away and leave nothing behind
	@$(CLUSTER_PROGRAM) down

demo: ## From nothing to the example account trading in a cluster of its own
	@$(DEMO_PROGRAM)

clean: ## Remove what was built here; the cache outside the clone stays
	@if [ -d .cluster ]; then $(MAKE) cluster-down; fi
	rm -rf $(VENV) .cluster .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	$(call NEXT,Clean. Start again with make init.)
