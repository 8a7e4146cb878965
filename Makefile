# Two commands for everybody: `make run` and `make test`. Both install what is missing first.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check build bench lock clean

run: ## start the hub with its demonstration workgroups
	@$(PYTHON) bootstrap.py run
	@exec $(BIN)/museion run --demo

test: ## check and test everything
	@$(PYTHON) bootstrap.py test
	@$(BIN)/python tests/run.py

check: ## only the static checks
	@$(PYTHON) bootstrap.py test
	@$(BIN)/python tests/run.py --only-checks

build: ## only install, and build the browser code
	@$(PYTHON) bootstrap.py run

bench: ## measure side by side with the peers; never part of the tests
	@$(PYTHON) bootstrap.py bench
	@$(BIN)/python -m pytest tests/benchmarks -o "python_files=bench_*.py" -q -s

LOCKING := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.13 \
	--generate-hashes --no-annotate --no-header --quiet

lock: ## renew both lock files from pyproject.toml
	@$(LOCKING) --all-extras --group dev --output-file requirements.txt
	@$(LOCKING) --group bench --constraint requirements.txt --output-file requirements-bench.txt

clean: ## remove what was built, never what a run has stored
	rm -rf .venv node_modules extensions/share kernels/museion/static \
		shared_datasets/museion_datasets/static
