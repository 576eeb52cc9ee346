# make demo and make test are the only set-up: both begin by setting up what is missing.
# PYTHON names the interpreter (3.11 or later) that the environment is made from.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PYTEST := $(BIN)/python -m pytest

SUPPLY := build/supply

.PHONY: demo test lint bench faults postgresql lock texts setup clean sbom audit
.DEFAULT_GOAL := help

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(READY)  ## make the environment; bring what pages need

$(READY): requirements-dev.txt pyproject.toml package-lock.json deploy/set-up.sh
	@sh deploy/set-up.sh "$(PYTHON)"
	@touch $(READY)

demo: $(READY)  ## run the main job on an invented cycle, say what happened, then serve it (ONCE=1: stop there; SCALED=1: replicas)
	@$(BIN)/portal demo $(if $(ONCE),--once) $(if $(SCALED),--scaled) $(if $(DOCUMENTS),--documents "$(DOCUMENTS)")

test: $(READY)  ## the tests, browser and servers included, against the built wheel where they need no server
	@sh tests/run.sh

lint: $(READY)  ## layout, types, imports, policies, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m policies.engine --check
	@# linted, not reformatted: djlint indents mixed blocks wrongly and makes the rows of long lists heavier
	$(BIN)/djlint templates --lint --quiet

bench: $(READY)  ## measure ratios against floors in the same run (FULL=1: every page among 10,000,000 events)
	@FULL=$(FULL) $(BIN)/python -m tests.bench

faults: $(READY)  ## kill portal, replicas and witness 1,000 times each, do every other harm, run all that takes minutes; report it
	@PORTAL_KILLS=$(or $(KILLS),1000) $(PYTEST) -q -m "fault or slow"

postgresql: $(READY)  ## all tests once more, on PostgreSQL
	@PORTAL_TEST_DATABASE=postgresql $(PYTEST) -q -n 2 --dist worksteal -m "not slow"

texts: $(READY)  ## collect the sentences anew into the catalogues
	@mkdir -p build
	$(BIN)/pybabel -q extract -F babel.cfg -k N_ --no-location --sort-output -o build/portal.pot .
	$(BIN)/pybabel -q update -D portal -i build/portal.pot -d portal/locale --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -w 110

lock:  ## write the locks anew: hashes, no addresses (needs uv)
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile -q --generate-hashes --universal --python-version 3.11 pyproject.toml -o requirements.txt
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile -q --generate-hashes --universal --python-version 3.11 --extra dev pyproject.toml -o requirements-dev.txt
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile -q --generate-hashes --universal --python-version 3.11 --group supply -o requirements-supply.txt

$(SUPPLY)/.ready: requirements-supply.txt
	@"$(PYTHON)" -m venv $(SUPPLY)
	@$(SUPPLY)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-supply.txt
	@touch $@

sbom: $(SUPPLY)/.ready  ## write build/sbom.json: what the portal is made of, with licences (CycloneDX)
	@rm -rf build/shipped && "$(PYTHON)" -m venv --without-pip build/shipped
	@$(SUPPLY)/bin/pip --python build/shipped/bin/python install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(SUPPLY)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.json build/shipped/bin/python

audit: $(SUPPLY)/.ready  ## ask the advisory service of PyPI for known weaknesses of the locked libraries; fails if it has no answer
	@$(SUPPLY)/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements.txt

clean:  ## remove what set-up and tests made; data and keys stay
	rm -rf .venv build dist node_modules portal/web/static/vendor
