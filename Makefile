# make demo: set up, clone a built-in effect with two knobs, print the verdict and where the page is.
# make study: neural against DSP, measured; fills examples/neural_vs_dsp in. Under an hour on two cores; MINUTES=5 trains more, and takes longer.
# make test: set up, run all tests but the exhaustive ones (make test-exhaustive), in two processes.   make check: format, lint, types, walls.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo study test test-exhaustive check format clean
.DELETE_ON_ERROR:

$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt torch
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

demo: $(READY)
	$(BIN)/wetdry clone TubeSaturator --knobs drive_db,tone_hz --out runs/demo --quick

# Budget of a quiet machine: five nets from three seeds, 2 minutes each, two at a time, are 17 of training, a pruned one 2;
# 40 entries and 15 nets of all seeds are 8 of listening, 200 fresh processes 6, turns at nine block sizes 9: 44 with pictures.
MINUTES ?= 2
SEEDS ?= 3
RIVALS := numpy,numpy-stateless,kernels-1x,pedalboard,standard,nam-nano,lstm,gru,tcn-300,pruned-standard,quantised-standard
study: $(READY)
	$(BIN)/wetdry compare TubeSaturator --rivals $(RIVALS) --engines all --minutes $(MINUTES) --seeds $(SEEDS) --runs 5 --out runs/study
	$(BIN)/python examples/neural_vs_dsp/refresh.py runs/study

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
