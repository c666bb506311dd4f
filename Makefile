# Every task of the project; `make` alone lists them. `make demo` and `make test` need nothing but Python and make:
# they fetch uv, install what uv.lock says, parse the dbt project, and start and stop the database by themselves.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help demo ui mlflow test test-slow test-all test-fast set-up manifest lint types imports sql contracts \
        pytest golden containers format up down clean reset

PYTHON ?= python3
PORT ?= 3000
MLFLOW_PORT ?= 5000
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv),.uv/bin/uv)
BIN := .venv/bin

CHECKS := lint types imports sql contracts manifest
MARKED ?= not slow and not golden

SQL_READS := echo_dbt/models echo_dbt/tests echo_dbt/macros echo_dbt/dbt_project.yml pyproject.toml uv.lock
SQL_GOOD := echo_dbt/target/.sql_good

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: set-up manifest ## Make a small business's files, take them in, and compare every figure with the truth
	@$(BIN)/echoctl demo

ui: set-up manifest ## Start Dagster's webserver and daemon on PORT (3000), with the database up
	@$(BIN)/echoctl ui --port $(PORT)

mlflow: set-up ## Show MLflow's runs and models on MLFLOW_PORT (5000), with the database up; nothing is reported to anybody
	@case "$$MLFLOW_TRACKING_URI" in http*) echo "MLflow is at $$MLFLOW_TRACKING_URI"; exit 0;; esac; \
	own="$$MLFLOW_TRACKING_URI"; $(BIN)/echoctl up && eval "$$($(BIN)/echoctl env)" && echo "MLflow is at http://127.0.0.1:$(MLFLOW_PORT). Ctrl-C ends it." && \
	MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false \
	exec $(BIN)/mlflow server --host 127.0.0.1 --port $(MLFLOW_PORT) --workers 1 --no-serve-artifacts \
		--backend-store-uri "$${own:-$$MLFLOW_TRACKING_URI}" --default-artifact-root "$${ECHO_HOME:-.echo}/mlflow"

test: set-up ## Run everything a contributor must pass before a push
	@for task in $(CHECKS) pytest; do \
		began=$$(date +%s); $(MAKE) $$task || exit 1; \
		echo "== $$task: $$(( $$(date +%s) - began )) s"; \
	done

test-slow: set-up ## Run what takes long and has a shorter sibling in make test: searches, simulations, kills, the browser
	@$(MAKE) pytest MARKED="slow and not golden"

test-all: set-up ## Run what make test and make test-slow run, in one go
	@$(MAKE) test MARKED="not golden"

test-fast: set-up manifest ## Run the tests of make test that need no database
	@$(BIN)/pytest -m "not database and not slow and not golden"

set-up: .venv/.synced ## Install exactly what uv.lock says, with uv (fetched into .uv if it is not on the PATH)

.venv/.synced: uv.lock pyproject.toml | $(UV)
	$(UV) sync --frozen --extra embedded-broker --compile-bytecode
	@touch $@

.uv/bin/uv:
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

manifest: set-up ## Parse the dbt project, if it has changed
	@$(BIN)/python -c "from echo_assets.dbt.project import prepare_manifest; print(prepare_manifest())"

lint: set-up ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: set-up ## Check types
	@$(BIN)/mypy

imports: set-up ## Check which package imports which
	@$(BIN)/lint-imports

sql: set-up ## Check the style of the SQL, unless nothing has changed since it was found good
	@if test ! -e $(SQL_GOOD) || test -n "$$(find $(SQL_READS) -newer $(SQL_GOOD))"; then \
		mkdir -p $(dir $(SQL_GOOD)) && touch $(SQL_GOOD).begun && \
		(cd echo_dbt && ../$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar models tests) && \
		mv $(SQL_GOOD).begun $(SQL_GOOD); \
	fi

contracts: set-up ## Check the contracts, and that what is generated from them is up to date
	@$(BIN)/echoctl contract check

pytest: set-up manifest ## Run the tests, three files at a time: on two cores one of them always waits; each has a database server of its own
	@$(BIN)/pytest -m "$(MARKED)" --numprocesses 3 --dist loadfile --no-loadscope-reorder --durations 10

golden: set-up manifest ## Compare with known figures of real files: make golden ECHO_SAMPLES=<folder>
	@ECHO_SAMPLES="$(abspath $(ECHO_SAMPLES))" $(BIN)/pytest -m golden

containers: set-up ## Check the Compose file and the workflow against their published schemas
	@$(UV) tool run --from check-jsonschema==0.39.0 check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@$(UV) tool run --from check-jsonschema==0.39.0 check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/ci.yml

format: set-up ## Format the code, and mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

up: set-up ## Start the database
	@$(BIN)/echoctl up

down: set-up ## Stop the database
	@$(BIN)/echoctl down

clean: ## Remove caches and build results; the environment (.venv) and your data (.echo, data) stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov dist build
	rm -rf echo_dbt/target echo_dbt/logs echo_dbt/dbt_packages
	find echo_assets echo_dbt echo_ml echo_quality echo_streaming tests -name __pycache__ -type d -prune -exec rm -rf {} +

reset: set-up ## Stop the database and delete it, with all of .echo and data/landing: what the demo made, or your own
	@$(BIN)/echoctl down
	rm -rf .echo data/landing
