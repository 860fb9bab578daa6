# `make` alone lists the verbs. Needs Python 3.11+ and make, nothing else.
.DEFAULT_GOAL := verbs
SHELL := /bin/sh
# The newest fitting Python on the path; `make setup PYTHON=/usr/bin/python3.12` for another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
BIN := .venv/bin
READY := .venv/ready
ROOMS := domain eventlog scenarios projections webhook_outbox integrations api simulators
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The same in a fifth of the time. Where it does not reach an index that pip is told of, pip goes on alone.
UV := $(BIN)/uv pip install --quiet --python $(BIN)/python --system-certs
# Every process here loads some hundred modules: compiled once, by `setup`, and kept, whatever the machine's habit is.
unexport PYTHONDONTWRITEBYTECODE

# A path, or `none` where there is none and ARGS leave the tests of the pages out.
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: verbs setup browser run demo test check bench docs lock clean

verbs:
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r verb line; do \
		printf 'make %-6s  %s\n' "$$verb" "$$line"; done

setup: $(READY) ## make the environment in .venv; starts nothing

# The stamp is written last, so an interrupted installation is taken up again; an environment that still runs is kept.
$(READY): pyproject.toml requirements.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found on the path." >&2; exit 1; }
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@echo "installing what it needs into .venv"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock
	@$(PIP) --require-hashes -r .venv/uv.lock && $(UV) --require-hashes -r requirements.lock || \
		$(PIP) --no-compile --require-hashes -r requirements.lock
	@$(UV) --no-deps --no-build-isolation --offline -e . || $(PIP) --no-deps --no-build-isolation --no-index -e .
	@$(BIN)/python -m compileall -q -j 0 $(ROOMS)
	@touch $(READY)

run: setup ## start everything here; Ctrl-C stops it
	@OMS_SIMULATORS=$${OMS_SIMULATORS:-on} exec $(BIN)/oms serve

demo: setup ## real orders from intake to delivery, then the laws verified; ARGS="--orders N --locations N --seed S"
	@exec $(BIN)/oms demo $(ARGS)

# The browser in which the pages are tested is the distribution's.
browser:
	@test -n "$(CHROMIUM)" || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core >/dev/null; } || { \
		echo "The pages are tested in Chromium, which is missing: install it (Debian: apt-get install chromium)," >&2; \
		echo "name it (make test CHROMIUM=/path/to/chromium), or leave these tests out:" >&2; \
		echo "make test CHROMIUM=none ARGS='--ignore tests/browser'" >&2; exit 1; }

test: ## the whole suite; ARGS="tests/test_house.py" for a part
	@$(MAKE) --no-print-directory -j 2 setup browser
	@CHROMIUM="$(CHROMIUM)" $(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## format, lint, types, import order, stale docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(if $(wildcard api/docs*),$(BIN)/oms docs --check)

bench: setup ## the benchmarks: ours, the library or peer, the floor; ARGS="append"
	@exec $(BIN)/python -m benchmarks $(ARGS)

docs: setup ## make the generated documents anew
	@exec $(BIN)/oms docs

lock: ## choose newest fitting versions anew, into requirements.lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-lock/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --no-emit-index-url --no-emit-find-links --system-certs --upgrade --quiet -o requirements.lock
	rm -rf .venv-lock

clean: ## remove the environment and caches; the data in var stays
	rm -rf .venv .venv-lock build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
