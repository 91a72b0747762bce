# Needs Python 3.11 or newer, make and git; everything else is installed into .venv from the lock files.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test test-all lint docs bench evidence clean

$(VENV)/.main: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --require-hashes -r requirements-build.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.main
	$(PIP) install --require-hashes -r requirements-dev.lock
	touch $@

demo: $(VENV)/.main  ## make a synthetic register, run a whole round on it, say where to look
	$(BIN)/python examples/demo/run.py

test: $(VENV)/.dev  ## the fast suite
	$(BIN)/python -m pytest

test-all: $(VENV)/.dev  ## everything, also what is slow or needs a browser
	$(BIN)/python -m pytest -m ''

lint: $(VENV)/.dev
	$(BIN)/ruff check src tests benchmarks examples docs
	$(BIN)/ruff format --check src tests benchmarks examples docs
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.dev
	$(BIN)/python docs/reference.py
	$(BIN)/mkdocs build --strict -d build/site

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks --size full

evidence: bench  ## what takes long: full benchmarks, and every example of the tests by chance
	LITTLEGIANT_THOROUGH=1 $(BIN)/python -m pytest -m ''

clean:
	rm -rf $(VENV) build rounds
