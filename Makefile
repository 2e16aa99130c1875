# Everything a person does with this project. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo start test check browser lock status logs watchdog down clean bench \
	up up-demo up-prod down-prod images secrets backup restore test-compose test-outages play

PYTHON := .venv/bin/python

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

setup: ## install what is missing: system packages, locked Python environment
	@tools/bootstrap.sh

demo: setup ## start everything, materialize every asset, leave it running
	@$(PYTHON) -m tools.native demo

start: setup ## start everything, materialize nothing
	@$(PYTHON) -m tools.native up

test: browser check ## set up and run every check and test
	@$(PYTHON) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder --ignore tests/compose --ignore tests/killing --ignore tests/scaling

test-outages: browser ## kill services at 50 moments of the daily work; share runs among workers and containers
	@$(PYTHON) -m pytest -n 0 tests/killing tests/scaling

play: browser ## seven days with outages under a clock that is set forward; PLAY=folder for mails and pictures
	@$(PYTHON) -m tools.play --folder "$(or $(PLAY),.sagui/play)"

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

watchdog: ## look at the running platform again and again; O=--once for cron
	@test -f .sagui/env || { echo "Nothing is running. Run: make demo"; exit 1; }
	@set -a; . .sagui/env; set +a; exec $(PYTHON) -m sagui_pipelines.watchdog $(O)

down: ## stop everything, keep the data
	@$(if $(wildcard $(PYTHON)),$(PYTHON) -m tools.native down,echo "Nothing is set up.")

clean: ## stop everything and remove all data
	@$(if $(wildcard $(PYTHON)),$(PYTHON) -m tools.native clean,echo "Nothing is set up.")

bench: setup ## benchmarks, as ratios measured in one run
	@$(PYTHON) -m bench.load_series
	@$(PYTHON) -m bench.one_day
	@$(PYTHON) -m bench.api
	@$(PYTHON) -m bench.tiles
	@$(PYTHON) -m bench.backfill
	@tools/bootstrap.sh --bench
	@$(PYTHON) -m bench.edge

# ----- the same platform in containers (compose/README.md)
up: ## containers: start for development
	@tools/compose/on-host dev up -d

up-demo: up ## containers: the same, with the simulated basin loaded
	@tools/compose/on-host load

up-prod: ## containers: start for production
	@tools/compose/on-host prod up -d

down-prod: ## containers: stop (either kind), keep the data
	@tools/compose/on-host prod down

images: ## containers: build every image
	@tools/compose/on-host prod build

secrets: ## containers: make the production secrets that are missing
	@tools/compose/on-host secrets

backup: ## containers: dump the databases of production now
	@tools/compose/on-host backup

restore: ## containers: put production back to a dump, DUMP=compose/backups/sagui-....dump
	@tools/compose/on-host restore "$(DUMP)"

test-compose: browser ## containers: build, start, break, mend, upgrade, restore on a real Docker Engine
	@$(PYTHON) -m pytest -n 0 tests/compose
