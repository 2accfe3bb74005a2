# make demo   from a fresh machine to a bitstream
# make test   the tests; make test-all adds the slow ones; make nightly adds random ones
# make bench  the measured tables; make docs  the reference pages; make lint  style
# make lutnet DATA=FOLDER   the tables of trained networks; FOLDER has mnist and nslkdd, their data
#
# Needs Python >= 3.11 with its venv module, make and a C++ compiler. Everything else is installed
# into .venv from pyproject.toml.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

# The first interpreter that starts and is new enough; override with `make PYTHON=/path/to/python`.
PYTHON ?= $(shell for each in python3.11 python3.12 python3.13 python3.14 python3 python; do \
    $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 \
    && echo $$each && break; done)

.PHONY: help demo test test-all nightly bench lutnet docs lint clean compiler

help:
	@sed -n '1,7s/^# \{0,1\}//p' Makefile

demo: compiler $(VENV)/.installed
	$(BIN)/hwgen build --core mx-dot --fmt fp6 --board ulx3s

test: compiler $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

test-all: compiler $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n $(WORKERS)

# NIGHT holds options of testbench/nightly.py: make nightly NIGHT="--seed 20260101 --minutes 60"
nightly: compiler $(VENV)/.installed-dev
	@status=0; \
	$(BIN)/python -m pytest -n $(WORKERS) || status=$$?; \
	$(BIN)/python testbench/nightly.py --workers $(WORKERS) $(NIGHT) || status=$$?; \
	exit $$status

bench: compiler $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	@status=0; for each in command_line.py emission.py formats.py verification.py \
	    "mx_dot.py --write" "operators.py --write" "blocks.py --write" \
	    "compression.py --write" "quantizers.py --write" "low_bit_cores.py --write" \
	    "const_matvec.py --write" "frequency.py --write" "frequency_sweep.py --write"; do \
	    echo "benchmarks/$$each"; $(BIN)/python benchmarks/$$each || status=$$?; \
	done; exit $$status

lutnet: compiler $(VENV)/.installed-dev
	@test -d "$(DATA)" || { echo "make lutnet must have DATA=FOLDER" >&2; exit 2; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,bench,lutnet]'
	$(BIN)/python benchmarks/lutnet.py --data "$(DATA)" --write
	$(BIN)/python benchmarks/lutnet_forms.py --write
	$(BIN)/python benchmarks/emission.py --only-network --synthesis

docs: $(VENV)/.installed
	$(BIN)/python -m hwgen.cli.reference docs/reference

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

clean:
	rm -rf build

# A C++ compiler turns the simulators' output into machine code; nothing else needs one.
compiler:
	@for each in "$${CXX:-g++}" c++ clang++; do \
	    command -v "$$each" >/dev/null 2>&1 && exit 0; \
	done; \
	echo "hwgen: error: no C++ compiler found; install the package g++ (Debian, Ubuntu:" \
	    "apt install g++; Fedora: dnf install gcc-c++; macOS: xcode-select --install)" >&2; \
	exit 4

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	    echo "hwgen: error: no Python >= 3.11 found (python3 is" \
	        "$$(python3 --version 2>/dev/null || echo absent)); install python3.11 or newer," \
	        "or name one: make PYTHON=/path/to/python3.11" >&2; \
	    exit 4; \
	fi
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    version=$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	    echo "hwgen: error: $(PYTHON) has no venv module; install the package" \
	        "python$$version-venv (Debian, Ubuntu: apt install python$$version-venv)" >&2; \
	    exit 4; \
	}
	$(PYTHON) -m venv $(VENV)

# The stamps depend on pyproject.toml, so a changed dependency is installed and nothing else is.
$(VENV)/.installed: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-dev: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/.installed
