# The front door. `make run` and `make test` set themselves up; nothing else is needed first.

# The first interpreter that is new enough and has pip.
PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11 python; do \
	"$$candidate" -c 'import sys, venv, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
	&& echo "$$candidate" && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP_FLAGS := --quiet --disable-pip-version-check --no-input --require-hashes

.DEFAULT_GOAL := help
.PHONY: help run test flakes nightly lint format bench bench-peers eval-guided eval catalogs schema lock clean

help: ## Show what there is to do
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 22

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer with pip is needed. Install it, or name it: make run PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/.run: requirements.txt | $(BIN)/python
	@echo "Setting up (once; a minute or two) ..."
	@$(PYTHON) -m pip --python $(BIN)/python install $(PIP_FLAGS) -r requirements.txt
	@$(BIN)/python -m compileall -q chat_app
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(BIN)/python
	@echo "Setting up (once; a minute or two) ..."
	@$(PYTHON) -m pip --python $(BIN)/python install $(PIP_FLAGS) -r requirements-dev.txt
	@$(BIN)/python -m compileall -q chat_app
	@touch $@ $(VENV)/.run

run: $(VENV)/.run ## Open the app in the browser
	@$(BIN)/python -m chat_app serve --open

test: $(VENV)/.dev ## Run all tests
	@# What was edited since is compiled once, not anew in each of the many processes that tests start.
	@$(BIN)/python -m compileall -q chat_app tests
	@# The tests' own modules are kept as pytest rewrites them, also where Python is told to keep nothing.
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist loadgroup

flakes: $(VENV)/.dev ## Run the browser's tests 20 times over: make flakes [ROUNDS=5] [ONLY=word]
	@for round in $$(seq $(or $(ROUNDS),20)); do \
		echo "== round $$round"; \
		$(BIN)/python -m pytest -m browser -k "$(ONLY)" -n $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )) --dist loadgroup \
		|| { echo "round $$round failed"; exit 1; }; done

nightly: $(VENV)/.dev ## Run many more random workflows, and start the demo in an environment of its own
	@WORKFLOW_CHAT_GRAPHS=10000 $(BIN)/python -m pytest tests/engine/test_against_reference.py -o timeout=0
	@WORKFLOW_CHAT_NIGHTLY=1 $(BIN)/python -m pytest tests/designer/guided/test_patterns.py tests/designer/guided/test_pattern_runs.py tests/ui/test_spaces.py tests/cli/test_eval.py tests/tracing/test_mlflow.py tests/engine/test_many_rows.py -o timeout=0

lint: $(VENV)/.dev ## Check style, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev ## Put the code into the house's style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## Run the benchmarks; prints ratios against named baselines
	@for name in $(basename $(notdir $(filter-out %/score_designer.py,$(wildcard benchmarks/*.py)))); do \
		echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

bench-peers: $(VENV)/.dev ## Compare with other engines, each installed in an environment of its own
	@$(BIN)/python -m benchmarks.peers

eval-guided: $(VENV)/.dev ## Score how the guided designer understands wishes
	@$(BIN)/python -m benchmarks.guided_wishes

eval: $(VENV)/.dev ## Score a model as designer: make eval MODEL=ollama_chat/qwen3 [JUDGE=openai/gpt-5.1] [ONLY=word]
	@$(BIN)/python -m benchmarks.score_designer $(MODEL) --judge "$(JUDGE)" --only "$(ONLY)"

catalogs: $(VENV)/.dev ## Bring the catalogs of the six languages in line with the code
	@$(BIN)/python -m chat_app.translation.extraction

schema: $(VENV)/.dev ## Write the generated schema and the generated pages of the manual
	@$(BIN)/python -m chat_app schema > schemas/workflow.schema.json
	@$(BIN)/python -m tests.workflow.test_reference

lock: ## Resolve the dependencies again (needs uv)
	@uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -q pyproject.toml -o requirements.txt
	@uv pip compile --python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-annotate --no-header -q --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean: ## Remove what was set up
	@rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache artifacts
