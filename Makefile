# `make run` starts Luna, `make test` tests her; both set up .venv first, `make run` without what only
# tests need. NEURAL=0 leaves torch out.
# A CPU-only torch on Linux: PIP_EXTRA_INDEX_URL=<PyTorch's CPU wheel index> make setup

NEURAL ?= 1
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

EXTRAS = bot,server$(if $(filter-out 0,$(NEURAL)),$(comma)neural$(comma)multilingual)
comma := ,
SIDE_BY_SIDE = --dist loadfile  # a file shares its bots
READY := .venv/.ready-$(NEURAL)
DEV := $(READY)-dev
BIN := .venv/bin

.PHONY: run setup test check bench clean

run: $(if $(wildcard $(DEV)),$(DEV),$(READY))
	@$(BIN)/python bot.py

setup: $(DEV)

$(READY) $(DEV): pyproject.toml
	@test -n "$(PYTHON)" || { echo "Luna needs Python 3.11 or newer: install it, then run make again."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing into .venv: the first time this takes a minute or two."
	@$(BIN)/python -m pip install --quiet --editable ".[$(EXTRAS)$(if $(filter %-dev,$@),$(comma)dev)]"
	@touch $@

test: setup
	$(BIN)/python -m pytest -m realtime -n 3 $(SIDE_BY_SIDE)  # most of it waits for sounds
	$(BIN)/python -m pytest -m "not realtime" -n 2 $(SIDE_BY_SIDE)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: setup
	PYTHONPATH=tests/luna_tts $(BIN)/python -m benchmarks

# Every package that Luna runs on, with hashes (`pip install --require-hashes -r requirements.lock`),
# and the list of them for auditors; uv is https://docs.astral.sh/uv
lock: setup
	uv pip compile --quiet pyproject.toml --extra bot --extra neural --extra server \
		--extra postgres --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command "make lock" --output-file requirements.lock
	$(BIN)/python -m docs.sbom

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache
