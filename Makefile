# Signpost. `make` alone lists what there is. Needs git, make and python3 with pip or venv; uv and Python packages come by themselves.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv || echo .uv/bin/uv)
BIN := .venv/bin
STAMP := .venv/.installed
LOCK := requirements.lock
SYSTEM := chromium strace

# uv brings its own certificate authorities; a mirror or a proxy may be signed by one that only this machine knows.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem),)
export UV_SYSTEM_CERTS ?= true
export UV_NATIVE_TLS ?= true
endif

.PHONY: help install run shell train test lint lock bench bench-stock clean system model

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(STAMP) ## make .venv from requirements.lock (the other targets do it when they must)

run: $(STAMP) ## start the bot at http://localhost:8080/chat (SIGNPOST_PORT=9000 make run)
	@exec $(BIN)/signpost serve

shell: $(STAMP) ## talk to the bot in this terminal
	@exec $(BIN)/signpost shell

train: $(STAMP) ## train the model when data or code changed
	@$(BIN)/signpost train

test: $(STAMP) system model ## run every test (SIGNPOST_NO_BROWSER=1 goes without Chromium)
	$(BIN)/python -m pytest

lint: $(STAMP) ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/mypy bot actions
	$(BIN)/lint-imports

lock: $(UV) ## resolve pyproject.toml anew into requirements.lock
	$(UV) pip compile pyproject.toml --extra dev --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
		--generate-hashes --no-header --no-annotate --quiet -o $(LOCK).new
	@! grep -nE '://' $(LOCK).new || { echo "signpost: the lock names an address; nothing changed" >&2; rm $(LOCK).new; exit 1; }
	mv $(LOCK).new $(LOCK)

bench: $(STAMP) model ## measure start, memory, turns a second
	$(BIN)/python bench/run.py

bench-stock: $(STAMP) ## the same for the bot of `rasa init`
	$(BIN)/python bench/stock.py

clean: ## remove the environment, the models and every cache
	rm -rf .venv .uv .rasa .cache models results build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): $(LOCK) pyproject.toml signpost_private.pth | $(UV)
	@echo "installing into .venv (about 1.8 GB)"
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { rm -rf .venv; mkdir -p .uv; \
		$(UV) venv --quiet --python 3.11 .venv 2>.uv/venv.log || { tail -n 3 .uv/venv.log >&2; \
		echo "signpost: no Python 3.11 here and none could be downloaded: apt-get install python3.11, or https://www.python.org/downloads/, then make install" >&2; exit 1; }; }
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode $(LOCK)
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

# uv in a folder of its own, by venv or by pip, whichever this Python has.
.uv/bin/uv:
	@echo "fetching uv into .uv"
	@mkdir -p .uv
	@if $(PYTHON) -m venv .uv/env >.uv/fetch.log 2>&1; then .uv/env/bin/python -m pip install --quiet uv >>.uv/fetch.log 2>&1 \
			&& mkdir -p .uv/bin && ln -sf ../env/bin/uv $@; \
		elif $(PYTHON) -m pip --version >>.uv/fetch.log 2>&1; then $(PYTHON) -m pip install --quiet --target .uv uv >>.uv/fetch.log 2>&1; \
		else echo "signpost: $(PYTHON) has neither venv nor pip: apt-get install python3-venv, then make again" >&2; exit 1; fi; \
		test -x $@ || { tail -n 3 .uv/fetch.log >&2; echo "signpost: uv could not be fetched from the package index" >&2; exit 1; }

# Debian's packages that tests need and pip cannot bring.
system:
	@for tool in $(SYSTEM); do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
		[ -z "$$missing" ] && exit 0; \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "installing$$missing"; apt-get update -qq >/dev/null 2>&1; \
			DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null 2>&1 && exit 0; fi; \
		echo "signpost: without$$missing the tests in tests/web/test_chat_*.py (chromium) and tests/ops/test_private.py (strace) do not run" >&2; \
		[ "$${SIGNPOST_NO_BROWSER:-}" = 1 ] || { echo "signpost: install them, or SIGNPOST_NO_BROWSER=1 make test" >&2; exit 1; }

model: $(STAMP)
	@$(BIN)/signpost train
