# Everything a person does with this project. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo up test check browser lock status logs down clean bench

PYTHON := .venv/bin/python

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1|/' | while IFS='|' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

setup: ## install what is missing: system packages, locked Python environment
	@tools/bootstrap.sh

demo: setup ## start everything, materialize every asset, leave it running
	@$(PYTHON) -m tools.native demo

up: setup ## start everything, materialize nothing
	@$(PYTHON) -m tools.native up

test: browser check ## set up and run every check and test
	@$(PYTHON) -m pytest -n 2 --dist loadfile

browser:
	@tools/bootstrap.sh --tests

check: setup ## style, types and import contracts
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports

lock: ## write requirements.lock anew from pyproject.toml
	@.venv/bin/uv pip compile --quiet pyproject.toml --all-extras --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -o requirements.lock

status: ## show the running services
	@$(if $(wildcard $(PYTHON)),$(PYTHON) -m tools.native status,echo "Nothing is set up. Run: make demo")

logs: ## show logs; S="backend varnish" for some of them
	@$(if $(wildcard $(PYTHON)),$(PYTHON) -m tools.native logs $(S),echo "Nothing is set up. Run: make demo")

down: ## stop everything, keep the data
	@$(if $(wildcard $(PYTHON)),$(PYTHON) -m tools.native down,echo "Nothing is set up.")

clean: ## stop everything and remove all data
	@$(if $(wildcard $(PYTHON)),$(PYTHON) -m tools.native clean,echo "Nothing is set up.")

bench: setup ## benchmarks, as ratios measured in one run
	@$(PYTHON) -m bench.load_series
	@$(PYTHON) -m bench.one_day
