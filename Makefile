# Checked Derivations. `make site` and `make test` work from a bare checkout; `make help` lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help site site-student pdf measure test test-more peers lint lock clean environment pytest gate

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What the book takes from npm: Python for the reader's browser, and a browser for the tests of the pages
NPM := book/_node
HTML := _build/html
STUDENT := _build/student/html
# One process per core, two at the least: the book's kernel and the tests mostly wait for each other otherwise.
WORKERS ?= 2
# Two commands started in the same checkout take turns instead of writing over each other.
LOCK := $(if $(shell command -v flock),flock Makefile)
BOOK := $(BIN)/jupyter-book build book
STUDENT_BOOK := EDITION=student $(BOOK) --path-output _build/student
# Jupyter Book puts pages two folders down
STUDENT_PAGES = rm -rf $(STUDENT) && cp -R _build/student/_build/html $(STUDENT)

# matplotlib and the kernels keep their caches out of the home directory
export MPLCONFIGDIR := $(CURDIR)/$(VENV)/var/matplotlib
export IPYTHONDIR := $(CURDIR)/$(VENV)/var/ipython
export JUPYTER_PLATFORM_DIRS := 1

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 20

site: environment ## build the site and say where it is
	@$(LOCK) $(BOOK) --quiet
	@printf '\nThe site is at  file://%s\n' "$(CURDIR)/$(HTML)/index.html"
	@printf 'To serve it:    %s -m http.server --directory %s\n' "$(BIN)/python" "$(HTML)"

# From nothing each time: no file of an earlier build may tell what this one leaves out.
site-student: environment ## build the students' edition, which has no answers in it
	@rm -rf _build/student/_build/html
	@$(LOCK) env $(STUDENT_BOOK) --all --quiet
	@$(STUDENT_PAGES)
	@printf '\nThe site is at  file://%s\n' "$(CURDIR)/$(STUDENT)/index.html"

pdf: site ## print the site: each page and the whole book, in _build/pdf
	$(BIN)/node $(NPM)/pdf.mjs $(HTML) _build/pdf book/_toc.yml

# Lighthouse is no part of the environment, as nothing else needs it.
measure: site ## say what three pages weigh, and how Lighthouse scores them
	@cd $(VENV)/node && PATH="$(CURDIR)/$(BIN):$$PATH" npm install --include=dev --no-save --silent
	@$(BIN)/node checks/browser/measure.mjs $(HTML) intro rnn bump_flow

test: pytest gate ## run every test, then build the site as a gate

test-more: peers ## the same with random examples and many more of them, and the exported JAX and PyTorch
	$(MAKE) test HYPOTHESIS_PROFILE=more

# Gigabytes, so neither in the lock nor in `make test`, whose tests of them skip where they are missing.
peers: environment ## add JAX and PyTorch to the environment
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	$(BIN)/python -m pip install --quiet "jax>=0.7,<0.8" "torch>=2.13,<3"

# The shell's status is the status of the step that failed: no pipes, no `-` prefixes, nothing swallowed.
pytest: environment
	HYPOTHESIS_PROFILE=$(or $(HYPOTHESIS_PROFILE),ci) $(BIN)/python -m pytest -n $(WORKERS) --ignore checks/browser

# --all: a second run with -W on a half-built book exits 0 with nothing mended. Pages of old builds are not judged.
gate: environment
	rm -rf $(HTML)
	$(LOCK) $(BOOK) --all -W -n --keep-going --quiet
	$(BIN)/python book/_ext/gate.py $(HTML)
	rm -rf _build/student/_build/html
	$(LOCK) env $(STUDENT_BOOK) --all -W -n --keep-going --quiet
	$(STUDENT_PAGES)
	$(BIN)/python -m pytest checks/browser -n $(WORKERS) --dist loadfile

lint: environment ## check the style of the code
	$(BIN)/ruff check

lock: environment ## resolve pyproject.toml into requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra book --extra dev --upgrade \
		--no-header --no-emit-index-url --no-emit-find-links --output-file requirements.txt pyproject.toml

clean: ## remove everything that was made, the environment too
	rm -rf _build book/_build $(VENV) .pytest_cache .ruff_cache .hypothesis
	find derivations checks book -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# The environment counts as made when it holds copies of the locks it was made from. That of the Python packages is
# written last, so that a set-up that was interrupted is started again from nothing.
MADE = cmp -s requirements.txt $(VENV)/requirements.txt && cmp -s $(NPM)/package-lock.json $(VENV)/node/package-lock.json \
	&& $(BIN)/python -c '' 2>/dev/null

environment:
	@if ! { $(MADE); }; then $(LOCK) $(MAKE) --no-print-directory $(VENV)/requirements.txt --always-make; fi

$(VENV)/requirements.txt:
	@{ $(MADE); } && exit 0; \
	set -e; \
	command -v $(PYTHON) >/dev/null || { echo 'Python 3.11 or newer is needed and $(PYTHON) is not to be found: apt install python3 python3-venv' >&2; exit 1; }; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V). Name another: make PYTHON=python3.12 site" >&2; exit 1; }; \
	rm -rf $(VENV); \
	if command -v uv >/dev/null; then \
		uv venv --quiet --python "$$(command -v $(PYTHON))" $(VENV); uv=uv; \
	else \
		$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo 'Python has no venv module: apt install python3-venv' >&2; exit 1; }; \
		$(PYTHON) -m venv $(VENV); uv=$(BIN)/uv; \
		$(BIN)/python -m pip install --quiet "$$(grep -o '^uv==[^ ;]*' requirements.txt)" || uv=; \
	fi; \
	echo "Installing the pinned dependencies into $(VENV) ..."; \
	: 'with byte code: a worker of the grader may write none, and would compile what it imports each time'; \
	if [ -n "$$uv" ]; then $$uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements.txt; \
	else $(BIN)/python -m pip install --quiet -r requirements.txt; fi; \
	mkdir -p $(VENV)/var $(VENV)/node; \
	cp $(NPM)/package.json $(NPM)/package-lock.json $(NPM)/.npmrc $(VENV)/node; \
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --omit=dev --silent --prefix $(VENV)/node; \
	cp requirements.txt $@
