# make demo: set up, clone a built-in effect with two knobs, print the verdict and where the page is.
# make test: set up, run all tests but the exhaustive ones (make test-exhaustive), in two processes.   make check: format, lint, types, walls.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test test-exhaustive check format clean
.DELETE_ON_ERROR:

$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt torch
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

demo: $(READY)
	$(BIN)/wetdry clone TubeSaturator --knobs drive_db,tone_hz --out runs/demo --quick

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST)

test-exhaustive: $(READY)  # ten thousand broken model files, and the like
	$(BIN)/python -m pytest -n 2 --dist loadfile -m exhaustive $(PYTEST)

check: $(READY) .types/wetdry
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.types/wetdry:  # pyright does not follow setuptools' editable finder
	mkdir -p .types
	ln -sfn .. $@

clean:
	rm -rf build dist *.egg-info .types .pytest_cache .ruff_cache
