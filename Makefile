# make demo and make test are the only set-up: both begin by setting up what is missing.
# PYTHON names the interpreter (3.11 or later) that the environment is made from.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
PYTEST := $(BIN)/python -m pytest

.PHONY: demo test lint bench faults lock texts setup clean
.DEFAULT_GOAL := help

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

setup: $(READY)  ## make the environment; bring what pages need

$(READY): requirements-dev.txt pyproject.toml package-lock.json deploy/set-up.sh
	@sh deploy/set-up.sh "$(PYTHON)"
	@touch $(READY)

demo: $(READY)  ## run the main job once on an invented cycle, say what happened, then serve it (ONCE=1: stop there)
	@$(BIN)/portal demo $(if $(ONCE),--once) $(if $(DOCUMENTS),--documents "$(DOCUMENTS)")

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

bench: $(READY)  ## measure ratios against floors in the same run
	@$(BIN)/python -m tests.bench

faults: $(READY)  ## kill portal and witness 200 times in the middle of their work, and run all that takes minutes
	@PORTAL_KILLS=200 $(PYTEST) tests/e2e/test_faults.py tests/e2e/test_witness.py
	@$(PYTEST) -m slow

texts: $(READY)  ## collect the sentences anew into the catalogues
	@mkdir -p build
	$(BIN)/pybabel -q extract -F babel.cfg -k N_ --no-location --sort-output -o build/portal.pot .
	$(BIN)/pybabel -q update -D portal -i build/portal.pot -d portal/locale --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -w 110

lock:  ## write the locks anew: hashes, no addresses (needs uv)
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile -q --generate-hashes --universal --python-version 3.11 pyproject.toml -o requirements.txt
	UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile -q --generate-hashes --universal --python-version 3.11 --extra dev pyproject.toml -o requirements-dev.txt

clean:  ## remove what set-up and tests made; data and keys stay
	rm -rf .venv build dist node_modules portal/web/static/vendor
