# One word a task. Every target installs first when needed; nothing but the package index is reached.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install up down test slow check bench docs site wheel

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m compileall -q provider  # for those who start Python with PYTHONDONTWRITEBYTECODE
	ln -sfn ../$(VENV) stacks/$(VENV)  # the official CLI looks for it there too, from its provider process
	touch $@

up: $(STAMP)
	@$(BIN)/dataarts up --yes --stack dev
	@echo
	@echo " next: $(BIN)/dataarts preview --diff       edit a line under stacks/ first, and see which job changes"
	@echo "       $(BIN)/dataarts preview --refresh    what was changed by hand in the cloud"
	@echo "       $(BIN)/dataarts cloud status         where the embedded cloud listens"
	@echo "       make down                           when done"

down: $(STAMP)
	@$(BIN)/dataarts destroy --yes --stack dev
	@$(BIN)/dataarts cloud stop

# pytest may keep what it made of the tests' assertions, also for those who start Python with PYTHONDONTWRITEBYTECODE.
test: $(STAMP)
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest

slow: $(STAMP)
	$(BIN)/python -m pytest -m slow --timeout 3600
	$(BIN)/python -m pytest -m 'hypothesis and not slow' --hypothesis-profile thorough --timeout 3600

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/check_links.py
	$(BIN)/python docs/build_reference.py --check

bench: $(STAMP)
	$(BIN)/dataarts bench --jobs 100 --jobs 1000 --jobs 5000 --jobs 10000 --plot bench.svg
	$(BIN)/python -m tests.simulator.speed

docs: $(STAMP)
	$(BIN)/python docs/build_reference.py
	$(BIN)/python docs/check_links.py
	@$(MAKE) --no-print-directory site

site: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --site-dir site

wheel: $(STAMP)
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	@ls dist
