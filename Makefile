# make setup | claude | demo | test | check | bench
# Everything else (uv, the virtual environment, the locked dependencies) is made on the way.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv

.PHONY: setup setup-dev claude demo test check fast bench lock clean
.DEFAULT_GOAL := setup

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock

$(VENV)/.installed: requirements.lock pyproject.toml $(UV)
	@echo "installing the locked dependencies"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	@echo "installing the development tools and the agents' SDK"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.installed
	@echo "ready: $(BIN)/televibe --help"

setup-dev: $(VENV)/.installed-dev

# Claude Code as the coding agent: the SDK, which brings the program (365 MB).
claude: $(VENV)/.installed requirements-claude.lock
	@echo "installing claude-agent-sdk"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-claude.lock

demo: $(VENV)/.installed
	@$(BIN)/televibe demo

check: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --config pyproject.toml

fast: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest tests/unit

test: check
	@$(BIN)/python -m pytest -n 2 tests/unit
	@$(BIN)/python -m pytest -n 2 tests/integration tests/acceptance

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m evals.bench

# Resolve again. The lock files carry hashes and no index address.
lock: $(UV)
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml -o requirements.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --constraint requirements.lock --extra claude --group dev pyproject.toml -o requirements-dev.lock
	@echo 'claude-agent-sdk>=0.2.187' | $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --python-version 3.11 --constraint requirements-dev.lock - -o requirements-claude.lock
	@echo uv | $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url - -o requirements-uv.lock

clean:
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
