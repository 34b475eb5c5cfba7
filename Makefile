# Scale or Fail. `make` alone says what there is.
# Works with GNU make 3.81 and newer, needs Python 3.11 or newer, installs into .venv and nowhere else.

VENV ?= .venv
OUT ?= reports/out
PORT ?= 4600
BIN := $(VENV)/bin

# The newest Python that will do. Lazy (=), because it is only looked for when .venv has to be made.
PYTHON ?= $(shell sh tooling/find-python)

# What may be passed through: make activity3 TICKETS=200 LOW=2 HIGH=20 QUICK=1 ARGS="-k wall"
OPTIONS = $(if $(TICKETS),--tickets=$(TICKETS)) $(if $(LOW),--low=$(LOW)) $(if $(HIGH),--high=$(HIGH)) \
          $(if $(QUICK),--quick) --out=$(OUT) $(ARGS)

READY := $(VENV)/.installed
READY_DEV := $(VENV)/.installed-dev
READY_BENCH := $(VENV)/.installed-bench

.DEFAULT_GOAL := help
GRADE_OPTIONS = $(if $(TICKETS),--tickets $(TICKETS)) $(if $(LOW),--low $(LOW)) $(if $(HIGH),--high $(HIGH)) \
                $(if $(MARKS),--marks "$(MARKS)") --out $(OUT)/grading $(ARGS)

.PHONY: portfolio answers grade grade-class help install regress selftest test check format bench cloud report lock clean distclean \
        activity1 activity2 activity3 activity4 activity5 activity6 activity7 activity8 activity9
.SUFFIXES:

help: ## Say what there is
	@echo "Scale or Fail: experiments and verdicts for a serverless ML pipeline."
	@echo
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'
	@echo
	@echo "Options: TICKETS=500 LOW=2 HIGH=10 QUICK=1 OUT=reports/out ARGS='more pytest options' PYTHON=python3.13"
	@echo "Example: make activity3 TICKETS=200"

# ---------------------------------------------------------------- installing, once

$(READY): requirements.lock requirements-uv.lock
	@found="$(PYTHON)"; test -n "$$found" || { sh tooling/find-python >/dev/null; exit 1; }; \
	"$$found" tooling/environment.py $(VENV) requirements.lock $@

$(READY_DEV): requirements-dev.lock $(READY)
	@$(BIN)/python tooling/environment.py $(VENV) requirements-dev.lock $@

$(READY_BENCH): requirements-bench.lock $(READY)
	@$(BIN)/python tooling/environment.py $(VENV) requirements-bench.lock $@

install: $(READY) ## Make .venv and install what the lock file names

# ---------------------------------------------------------------- the exercise

# The report is built whether the experiments passed or not; the exit status is pytest's. From 4 on pytest
# did not run anything (an option made no sense), so there is nothing new to report.
activity1: ## Orientation: deploy the pipeline, find its parts
activity2: ## The happy path: one ticket, and which step is the model
activity3: ## Hit the wall: 500 tickets, two at a time
activity4: ## Scale up and compare
activity5: ## Understand orchestration
activity6: ## Controlled failure: bad input
activity7: ## Controlled failure: throttling
activity8: ## The portfolio, from what ran
activity1 activity2 activity3 activity4 activity5 activity6 activity7 activity8 activity9: $(READY)
	@status=0; $(BIN)/python -m pytest -m $@ $(OPTIONS) || status=$$?; \
	test $$status -ge 4 || $(BIN)/python -m reports.site $(OUT)/allure-results $(OUT)/report/index.html || true; \
	exit $$status

# One session, one deployment: what one activity measured, the next reuses.
portfolio: $(READY) ## Activities 1 to 8 in one session; the portfolio is OUT/report/portfolio.html
	@status=0; $(BIN)/python -m pytest \
	  -m "activity1 or activity2 or activity3 or activity4 or activity5 or activity6 or activity7 or activity8" \
	  $(OPTIONS) || status=$$?; \
	test $$status -ge 4 || $(BIN)/python -m reports.site $(OUT)/allure-results $(OUT)/report/index.html || true; \
	exit $$status

cloud: $(READY) ## Start the embedded cloud alone (PORT=4600)
	@exec $(BIN)/python -m infra.embedded --port $(PORT) $(ARGS)

report: $(READY) ## Build report and portfolio again, from the last results and your answers
	@test ! -e $(OUT)/portfolio/manifest.json || $(BIN)/python -m reports.portfolio $(OUT)
	@$(BIN)/python -m reports.site $(OUT)/allure-results $(OUT)/report/index.html

# ---------------------------------------------------------------- changes of the template

TEMPLATE ?= infra/pipeline.yaml
BASELINE ?= HEAD

# Exit status: 0 nothing found in what was looked at, 1 worse or a promise broken, 2 it could not be told.
regress: $(READY) ## Check a template against a baseline (TEMPLATE=infra/new.yaml BASELINE=file or git revision)
	@$(BIN)/python -m fixtures.regression --template $(TEMPLATE) --baseline $(BASELINE) --out $(OUT)/regression $(ARGS)

selftest: $(READY) ## See that the checks catch broken templates and handlers (some minutes)
	@$(BIN)/python -m pytest tests/mutants/selftest.py $(ARGS)

# ---------------------------------------------------------------- grading

answers: ## Write portfolio/answers.yaml, with every question in it
	@test ! -e portfolio/answers.yaml || { echo "portfolio/answers.yaml is there already; it is kept as it is."; exit 1; }
	@cp portfolio/answers.template.yaml portfolio/answers.yaml
	@echo "portfolio/answers.yaml has every question in it; fill in what you have done."

grade: $(READY) ## Grade one submission: SUBMISSION=folder
	@test -n "$(SUBMISSION)" || { echo "Say which folder: make grade SUBMISSION=path/to/folder" >&2; exit 2; }
	@$(BIN)/python -m fixtures.grading grade "$(SUBMISSION)" $(GRADE_OPTIONS)

grade-class: $(READY) ## Grade a class: CLASS=folder, with a folder for each submission
	@test -n "$(CLASS)" || { echo "Say which folder: make grade-class CLASS=path/to/folder" >&2; exit 2; }
	@$(BIN)/python -m fixtures.grading class "$(CLASS)" $(GRADE_OPTIONS)

# ---------------------------------------------------------------- the project itself

test: $(READY) ## Test the framework
	@$(BIN)/python -m pytest tests --numprocesses 2 --dist loadgroup $(ARGS)

check: $(READY_DEV) ## ruff, mypy strict, cfn-lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/cfn-lint infra/*.yaml

format: $(READY_DEV) ## Put the code into the project's format
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(READY_BENCH) ## Measure the embedded cloud's accuracy and speed, and how often the gate errs
	@$(BIN)/python -m benchmarks $(ARGS)
	@$(BIN)/python -m benchmarks.cloudwatch
	@$(BIN)/python -m benchmarks.insights
	@$(BIN)/python -m benchmarks.null_runs --runs 200 --power-runs 50

# One resolution for all: the later locks are held to what the first one chose. Needs uv.
COMPILE = $(shell command -v uv || echo $(BIN)/uv) pip compile --quiet --universal --python-version 3.11 \
          --generate-hashes --no-header --no-annotate --no-emit-index-url

lock: $(READY) ## Choose versions anew from pyproject.toml (ARGS=--upgrade for the newest)
	@$(COMPILE) $(ARGS) --group test pyproject.toml --output-file requirements.lock
	@$(COMPILE) $(ARGS) --constraint requirements.lock --group dev --output-file requirements-dev.lock
	@$(COMPILE) $(ARGS) --constraint requirements.lock --group bench --output-file requirements-bench.lock
	@echo uv | $(COMPILE) $(ARGS) - --output-file requirements-uv.lock

clean: ## Delete outputs and caches
	@rm -rf $(OUT) benchmarks/out .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean ## Delete .venv and the report builder too
	@rm -rf $(VENV) reports/site/node_modules
