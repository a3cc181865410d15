# One command each, the same for people and CI. `make help` lists them.
.DEFAULT_GOAL := help
VENV := .venv/bin

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## install what the platform needs on this machine
	@scripts/setup run

demo: setup ## run a simulated school day with a living console (Ctrl-C stops it, starting again keeps the data)
	@$(VENV)/campus demo $(ARGS)

up: setup ## run a real school from campus.toml
	@$(VENV)/campus up $(ARGS)

doctor: setup ## say what is missing or misconfigured, with the fix
	@$(VENV)/campus doctor

test: ## set up and pass the checks and tests (T=path runs a part)
	@scripts/setup test
	@$(MAKE) --no-print-directory check
	@$(VENV)/pytest -n 3 --dist loadfile $(T)

check: ## ruff, mypy strict and the import layers
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .
	@$(VENV)/mypy
	@$(VENV)/lint-imports --config pyproject.toml | tail -n 25

format: ## let ruff mend what it can
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .

bench: setup ## measure ingest, series and vision on this machine
	@$(VENV)/python -m benchmarks.ingest
	@$(VENV)/python -m benchmarks.series
	@$(VENV)/python -m benchmarks.vision

lock: ## resolve requirements.lock anew from pyproject.toml (needs uv)
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
		--all-extras --no-header --quiet pyproject.toml -o requirements.lock

clean: ## remove what can be made again; keeps data/ and demo-data/
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache artefacts build *.egg-info

.PHONY: help setup demo up doctor test check format bench lock clean
