.DEFAULT_GOAL := help
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# The last release.
BASE   ?= $(shell git describe --tags --abbrev=0 --match 'v[0-9]*' 2> /dev/null)
STORE  ?= sqlite:///var/summitry.db
JOBS   ?= auto
ARGS   ?=

.PHONY: help
help:  ## This list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-14s %s\n", $$1, $$2}'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# Exact versions with hashes: a release that came out since changes nothing (requirements/README.md).
PIP_INSTALL := install --disable-pip-version-check --progress-bar off --quiet
define install_locked
@$(BIN)/python requirements/install.py $(1)
@echo "generating the gRPC code, installing summitry"
@$(BIN)/pip $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
@$(BIN)/python hatch_build.py
endef
SOURCES := pyproject.toml hatch_build.py $(wildcard protos/summitry/v1/*.proto) $(wildcard client/summitry/locale/*/LC_MESSAGES/*.po)

# Stand for the editable install; made again when what it depends on changes.
$(VENV)/.serving: requirements/server.txt $(SOURCES) | $(BIN)/python
	$(call install_locked,requirements/server.txt)
	@touch $@

$(VENV)/.installed: requirements/dev.txt $(SOURCES) | $(BIN)/python
	$(call install_locked,requirements/dev.txt)
	@touch $@ $(VENV)/.serving

.PHONY: install
install: $(VENV)/.installed  ## Editable install with server and tools, in locked versions; generates the gRPC code

.PHONY: run
run: $(VENV)/.serving  ## Start the service on an embedded store with the Astana calendar; ARGS="--grpc :50052" adds options
	@mkdir -p var
	@exec $(BIN)/summitry-server serve --store $(STORE) --demo $(ARGS)

.PHONY: test
test: install  ## pytest on every core; ARGS="-k zones" narrows it, JOBS=0 keeps it in one process
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

.PHONY: soak
soak: install  ## The same tests, longer: more examples, more kills
	SUMMITRY_SOAK=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal -o timeout=7200 -o faulthandler_timeout=7500 $(ARGS)

.PHONY: mutants
mutants: install  ## Faults made on purpose: which do the tests find? ARGS="--module domain/records/masks --sample 0 --seed 2"
	$(BIN)/python -m tests.mutation $(ARGS)

# Without index addresses, for every system and Python from 3.11 on.
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
          --no-header --no-emit-index-url --no-emit-find-links
HASHED  = $(COMPILE) --generate-hashes $(UPGRADE)

.PHONY: lock
lock: install  ## Write requirements/ again after a change of dependencies; versions that still fit stay
	$(HASHED) --extra server --group build -o requirements/server.txt
	$(HASHED) --extra server --group dev -c requirements/server.txt -o requirements/dev.txt
	@mkdir -p build
	$(COMPILE) --resolution lowest-direct -o build/floors.txt
	$(HASHED) --extra server --group test -c build/floors.txt -o requirements/client-lowest.txt

.PHONY: upgrade
upgrade:  ## Move the locked versions to the newest that pyproject.toml admits, then run the tests
	$(MAKE) lock UPGRADE=--upgrade
	$(MAKE) test

.PHONY: protos
protos: install  ## Generate the gRPC code again after a change under protos/
	$(BIN)/python hatch_build.py

.PHONY: messages
messages: install  ## Bring the texts of feeds and pages into the catalogues of all languages, and compile them
	$(BIN)/python -m tools.messages

.PHONY: sync-client
sync-client: install  ## Write the client for threads again after a change of its definition in _calls/aio
	$(BIN)/python -m tools.write_sync_client

.PHONY: lint
lint: install  ## Style, import contracts, proto style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/words.py
	$(BIN)/lint-imports
	$(BIN)/buf lint
	$(BIN)/buf format protos --diff --exit-code > /dev/null

.PHONY: types
types: install  ## mypy --strict
	$(BIN)/mypy

.PHONY: breaking
breaking: install  ## Would protos/ break a client of the last release? BASE=main compares with a branch
ifeq ($(strip $(BASE)),)
	@echo "breaking: no release has a tag yet, so there is nothing to break (docs/api-policy.md)"
else
	rm -rf build/base && mkdir -p build/base
	git archive $(BASE) protos buf.yaml | tar -x -C build/base && cp -r third_party build/base/
	$(BIN)/buf build build/base/protos -o build/base.binpb
	$(BIN)/buf breaking protos --against build/base.binpb
endif

.PHONY: interop
interop:  ## Fetch the clients and parsers of other languages that tests/interop uses (needs npm)
	cd tests/interop && npm ci --no-audit --no-fund --silent

# Releases of the time zone database, as packages of tzdata: 2022.1 is 2022a.
RELEASES := 2022.1 2022.2 2022.3 2022.4 2022.5 2022.6 2022.7 2023.1 2023.2 2023.3 2023.4 \
            2024.1 2024.2 2025.1 2025.2 2025.3 2026.1 2026.2 2026.3 2026.4 2026.5 2026.6

.PHONY: releases
releases: $(addprefix build/tzdb/,$(RELEASES))  ## Fetch releases of the time zone database since 2022, for tests

build/tzdb/%: | $(VENV)/.installed
	@rm -rf build/tzdata-$* && mkdir -p build/tzdb
	@$(BIN)/pip install --quiet --no-deps --target build/tzdata-$* tzdata==$*
	@mv build/tzdata-$*/tzdata/zoneinfo $@ && rm -rf build/tzdata-$*

.PHONY: check
check: lint types breaking test  ## All that CI runs, but for client-only

PEERS = radicale xandikos

.PHONY: bench
bench: install  ## Ratios against a ceiling measured in the same run
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: bench-peers
bench-peers: install  ## Beside Radicale and Xandikos, which are installed into build/peers
	$(BIN)/python -m pip install --quiet --upgrade --target build/peers $(PEERS)
	$(BIN)/python -m benchmarks peers

.PHONY: fix
fix: install  ## Apply what lint can apply
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/buf format protos --write

.PHONY: wheel
wheel: install  ## dist/*.whl, generated from protos/ with the locked build tools
	rm -rf dist
	$(BIN)/pip wheel --disable-pip-version-check --quiet --no-deps --no-build-isolation --wheel-dir dist .

.PHONY: client-only
client-only: wheel  ## Prove that the wheel serves a client that has neither server code nor its dependencies
	rm -rf build/client-only && $(PYTHON) -m venv build/client-only
	build/client-only/bin/pip $(PIP_INSTALL) dist/summitry-*.whl
	rm -r build/client-only/lib/python3*/site-packages/summitry_server
	cd build && client-only/bin/summitry --help > /dev/null
	cd build && client-only/bin/python -c "import summitry; summitry.Client; summitry.AsyncClient; summitry.export_calendar"

# The ranges of pyproject.toml are for users of the library: both ends of them are tried. The wheel is
# tested and not the checkout, which lies elsewhere on the path.
CLIENT_TESTS := tests/client tests/zones tests/ical/test_mapping.py tests/ical/reading tests/watching
WHEEL_TEST   = -m pytest -q -n $(JOBS) -p no:cacheprovider -m 'not locked' $(CLIENT_TESTS)

.PHONY: client-lowest
client-lowest: wheel  ## The client's tests with the lowest versions that pyproject.toml admits
	rm -rf build/client-lowest && $(PYTHON) -m venv build/client-lowest
	build/client-lowest/bin/python requirements/install.py requirements/client-lowest.txt
	build/client-lowest/bin/pip $(PIP_INSTALL) --no-deps dist/summitry-*.whl
	build/client-lowest/bin/python $(WHEEL_TEST)

.PHONY: client-newest
client-newest: wheel  ## The client's tests with the newest versions that pyproject.toml admits today
	rm -rf build/client-newest && $(PYTHON) -m venv build/client-newest
	build/client-newest/bin/pip $(PIP_INSTALL) --upgrade 'pip>=25.1'
	build/client-newest/bin/pip $(PIP_INSTALL) "$$(echo dist/summitry-*.whl)[server]" --group test
	build/client-newest/bin/python $(WHEEL_TEST)

.PHONY: clean
clean:  ## Remove what can be made again
	rm -rf build dist third_party .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis $(VENV)/.installed $(VENV)/.serving
	find client -name '*_pb2*.py*' -delete -o -name '*.mo' -delete
