# `make app` opens the dashboard, `make test` runs every test; both install what they need first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8501
STAMP  := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev
# A browser opens where there is a screen to open it on.
HEADLESS := $(if $(or $(DISPLAY),$(WAYLAND_DISPLAY),$(filter Darwin,$(shell uname))),false,true)

.DEFAULT_GOAL := help
.PHONY: help app setup test check format lint image system reference benchmark clean

help: ## Show the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(STAMP): requirements.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25"
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

$(DEV): $(STAMP) requirements-dev.txt
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@

setup: $(DEV) ## Install the package and what development needs

system: ## Install what the browser tests need (Debian, as root)
	./scripts/install-system-packages

app: $(STAMP) ## Install and open the dashboard
	$(BIN)/streamlit run app.py --server.port $(PORT) --server.headless $(HEADLESS)

test: system $(DEV) ## Install and run every test
	$(BIN)/python -m pytest -q

lint: $(DEV) ## Format check, lint, types, layers, docstrings, spelling
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/numpydoc lint $$(git ls-files 'deeptepp/*.py')
	$(BIN)/codespell $$(git ls-files '*.py' '*.md' '*.toml' Makefile)

check: lint test ## Everything that must be green

format: $(DEV) ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

image: ## Build the container
	docker build --tag deeptepp .

clean: ## Remove what was installed and built
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
