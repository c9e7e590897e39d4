# Two commands on a fresh machine with Python 3.11 to 3.13: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCHMARK_VENV := .venv-benchmark
DOCS_VENV := .venv-docs
LOWEST_VENV := .venv-lowest
export TF_CPP_MIN_LOG_LEVEL ?= 3

# Packages into an environment by uv: half of the time, a tenth from its cache; by pip where uv does not get
# them, as behind a mirror that only pip is told of.
install = $(1)/bin/python -m pip install --quiet --upgrade pip uv && \
	{ $(1)/bin/python -m uv pip install --quiet --python $(1)/bin/python $(2) || \
	  $(1)/bin/python -m pip install --quiet $(2); }

PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal

.PHONY: demo docs test test-full test-all lint lowest benchmark clean

# Made again whenever what is to be installed has changed.
$(VENV)/installed: setup.cfg pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14) and "zoo needs Python 3.11, 3.12 or 3.13: TensorFlow has no wheels for others")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(call install,$(VENV),--editable '.[dev]')
	touch $@

demo: $(VENV)/installed
	rm -rf runs/demo
	$(BIN)/zoo train se_co/digits --output runs/demo/se_co
	$(BIN)/zoo report runs/demo/se_co --output runs/demo/report

test: lint
	$(PYTEST)

# What `test` leaves out.
test-full: $(VENV)/installed
	$(PYTEST) -m full --durations=25

test-all: test test-full

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

# The default tier, or LOWEST of it, on the lower bounds of setup.cfg; what the tests themselves need
# is the newest.
LOWEST := tests
$(LOWEST_VENV)/installed: setup.cfg pyproject.toml
	test -x $(LOWEST_VENV)/bin/python || $(PYTHON) -m venv $(LOWEST_VENV)
	$(LOWEST_VENV)/bin/python -m pip install --quiet uv
	$(LOWEST_VENV)/bin/python -m uv pip install --quiet --python $(LOWEST_VENV)/bin/python --resolution lowest-direct --editable '.[serving,tuning]'
	$(LOWEST_VENV)/bin/python -m uv pip install --quiet --python $(LOWEST_VENV)/bin/python pytest pytest-xdist hypothesis
	touch $@

lowest: $(LOWEST_VENV)/installed
	$(LOWEST_VENV)/bin/python -m pytest -n 2 --dist worksteal $(LOWEST)

# pythae and torch stay out of the package's own environment.
$(BENCHMARK_VENV)/installed: benchmarks/requirements.txt
	test -x $(BENCHMARK_VENV)/bin/python || $(PYTHON) -m venv $(BENCHMARK_VENV)
	$(call install,$(BENCHMARK_VENV),--requirement $<)
	touch $@

benchmark: $(VENV)/installed $(BENCHMARK_VENV)/installed
	$(BIN)/python benchmarks

# The site, in docs/_build/html: pages from the code, tutorials that run; a warning is an error.
$(DOCS_VENV)/installed: setup.cfg pyproject.toml
	test -x $(DOCS_VENV)/bin/python || $(PYTHON) -m venv $(DOCS_VENV)
	$(call install,$(DOCS_VENV),--editable '.[docs]')
	touch $@

docs: $(DOCS_VENV)/installed
	$(DOCS_VENV)/bin/python docs/write_pages.py docs/_generated
	$(DOCS_VENV)/bin/python -m sphinx -W --keep-going --quiet --jobs 2 -b html docs docs/_build/html

clean:
	rm -rf docs/_build docs/_generated $(DOCS_VENV) $(LOWEST_VENV)
	rm -rf $(VENV) $(BENCHMARK_VENV) runs build dist *.egg-info
