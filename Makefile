# `make app` opens the dashboard, `make test` runs every test; both install what they need first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PORT   ?= 8501
JOBS   ?= 2
# Browser tests wait half of their time, so that three processes keep two cores busy.
TESTERS ?= 3
STAMP  := $(VENV)/.installed
DEV    := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help app setup test check format lint image wheel site system reference results statistics mutations catalogue clean up down lock sbom

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
	$(BIN)/deeptepp app --port $(PORT)

test: system $(DEV) ## Install and run every test but those of endurance
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m "not long" --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder --durations 20

.PHONY: long
long: system $(DEV) ## Run the tests of endurance: twenty users, killed and divided training, killed writes, minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m long

reference: $(STAMP) ## Rebuild the shipped bundle from nothing, about an hour on two cores; goes on where it was stopped
	$(BIN)/deeptepp simulate cohort --out runs/reference/dataset --channels pre,post,late --jobs $(JOBS)
	$(BIN)/deeptepp train docs/examples/train.toml
	$(BIN)/deeptepp verify runs/reference/train/deeptepp-sim
	rm -rf artifacts/deeptepp-sim
	cp -r runs/reference/train/deeptepp-sim artifacts/deeptepp-sim

.PHONY: reference-224
reference-224: $(STAMP) ## Train at 224 pixels, as the publication did, on a machine with a GPU: make reference-224 JOBS=16
	$(BIN)/deeptepp simulate cohort --out runs/reference/dataset --channels pre,post,late --jobs $(JOBS)
	$(BIN)/deeptepp train docs/examples/train_224.toml
	$(BIN)/deeptepp verify runs/reference/train_224/deeptepp-sim-224

results: $(STAMP) ## Run every experiment of docs/results on the reference cohort; goes on where it was stopped
	$(BIN)/python -c "from deeptepp.domain.experiment_suites import SUITE_LIST; \
		print(*(f'{suite.settings} {name}' for name, suite in SUITE_LIST.items()), sep='\n')" | \
	while read settings suite; do \
		[ $$settings = experiments.toml ] && seeds="--seed 1 --seed 2" || seeds=""; \
		$(BIN)/deeptepp evaluate docs/examples/$$settings --suite $$suite $$seeds || exit 1; done
	$(BIN)/deeptepp evaluate docs/examples/null.toml --suite null

.PHONY: external
external: $(STAMP) ## Score 2,000 simulated patients of other centres with the shipped bundle, an hour and a half; goes on where it was stopped
	OMP_NUM_THREADS=1 $(BIN)/deeptepp simulate cohort --out runs/external/dataset --n 2000 --seed 7 --preset no_TP_effect \
		--scanners ge,philips --channels pre,post,late --jobs 2
	$(BIN)/deeptepp evaluate artifacts/deeptepp-sim --dataset runs/external/dataset --out docs/results --add

.PHONY: reading
reading: $(DEV) ## Time the reading of a study beside other readers: make reading STUDY=FILE.zip
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/read.py $(STUDY) --out docs/results/reading_speed.md

.PHONY: throughput
throughput: $(DEV) ## Time studies from zip to tier beside pydicom, MONAI and eager torch: make throughput [N=200]
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/throughput.py --n $(or $(N),200) --out docs/results/throughput.md

statistics: $(DEV) ## Measure simulated cohorts, the bias of matching and the speed of the statistics, minutes
	PYTHONPATH=benchmarks $(BIN)/python -m simulated_summary --draws 200 --jobs $(JOBS) --out docs/results/simulated_cohort.md
	$(BIN)/python benchmarks/matching_bias.py --draws 300 --out docs/results/matching_bias.md
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/survival.py --out docs/results/survival_speed.md

.PHONY: drift
drift: $(DEV) ## Plant 24 shifts and look for them in the drift report, minutes
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/drift.py --draws 100 --out docs/results/drift.md

mutations: $(DEV) ## Damage 2,000 small studies by seed and read each, minutes
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python -m mutations --n 2000 --seed 0 --out docs/results/mutations.md

.PHONY: many
many: $(DEV) ## Measure what each engine adds to the scoring of many studies, minutes
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/score_cohort.py --out docs/results/score_cohort.md

.PHONY: kills bounds identifiers visitors
kills: $(DEV) ## Kill every operation that keeps something at 200 seeded moments, minutes
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python -m kills --n 200 --out docs/results/kills.md

identifiers: system $(DEV) ## Plant identifiers in a study, and look for them in every place where one could stay, minutes
	PYTHONPATH=tests OMP_NUM_THREADS=1 $(BIN)/python -m identifiers --out docs/results/identifiers.md

visitors: $(DEV) ## Time the page runs of sixty visitors with every guard on and without, minutes
	PYTHONPATH=.:tests OMP_NUM_THREADS=1 $(BIN)/python benchmarks/visitors.py --out docs/results/visitors.md

bounds: $(DEV) ## Hand archives and tables at the limits to a server's worker, minutes
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/bounds.py --out docs/results/bounds.md

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

catalogue: $(STAMP) ## Bring the catalogues of translations up to date with the code
	$(BIN)/python scripts/catalogue.py

UP = $(if $(UP_HOST),--host $(UP_HOST)) $(if $(UP_PORT),--port $(UP_PORT)) $(if $(DEMO),--demo)
up: $(STAMP) ## Start app, database, PACS and proxy from Debian's packages: make up UP_PORT=8443
	$(BIN)/python scripts/up.py up $(UP)

down: ## End what make up started; the data stay in runs/up
	$(BIN)/python scripts/up.py down

lock: $(DEV) ## Pin every runtime package by its hashes, torch as its CPU build
	$(BIN)/uv pip compile --quiet --python-platform x86_64-manylinux_2_28 --python-version 3.11 --generate-hashes \
		--no-header --no-annotate $(if $(PIP_FIND_LINKS),--find-links $(PIP_FIND_LINKS)) \
		--output-file requirements.lock requirements.txt

sbom: $(DEV) ## Install the locked packages into a folder of their own, and list them with their licences
	rm -rf build/runtime && $(PYTHON) -m venv --without-pip build/runtime
	$(BIN)/python -m pip --python build/runtime/bin/python install --quiet --require-hashes -r requirements.lock
	$(BIN)/cyclonedx-py environment --output-reproducible --short-PURLs --pyproject pyproject.toml \
		--output-file docs/sbom.cdx.json build/runtime/bin/python

wheel: $(STAMP) ## Build a wheel with app, pages and the shipped bundle into dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

site: $(DEV) ## Build the documentation site into runs/site
	$(BIN)/mkdocs build --strict --quiet

image: ## Build the container
	docker build --tag deeptepp .

clean: ## Remove what was installed and built
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
