# The front door. `make help` says what there is; tools/setup --help says what it brings in.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

JOBS ?= $(shell nproc)
# Tests run beside each other: most wait for a process or a timer of the real parts, so a few more than cores.
TEST_JOBS ?= $(shell n=$(JOBS); echo $$((n < 4 ? n + 1 : n)))
export JOBS
quiet := $(if $(CI),-- --quiet)
# Configuring is said only where it fails.
configure = @mkdir -p build && { cmake --preset $(1) >build/$(1).log 2>&1 || { cat build/$(1).log; exit 1; }; }
compile = cmake --build --preset $(1) -j $(JOBS) $(if $(2),--target $(2)) $(quiet)

##@ Daily
.PHONY: build
build: setup ## Build the programs (release): build/bin/fairlead-operator, build/bin/fairleadctl
	$(call configure,release)
	$(call compile,release,programs)
	mkdir -p build/bin
	for program in $$(cat build/release/programs.txt); do ln -sfn ../release/bin/$$program build/bin/$$program; done

.PHONY: test
test: ## Bring in what is needed, build, run every test. ARGS='-R regex' or '-L unit' for some
	tools/setup build
	$(call configure,dev)
	tools/setup envoy kube scheduler kwok helm test & programs=$$!; \
	  $(call compile,dev) || { kill $$programs 2>/dev/null || true; wait $$programs || true; exit 1; }; \
	  wait $$programs
	tools/run-tests build/dev -j $(TEST_JOBS) $(ARGS)

.PHONY: demo
demo: ## The main job on real traffic, before and after each policy. KEEP=1 leaves it running
	tools/setup build envoy
	$(call configure,release)
	$(call compile,release,fairlead-demo fairlead-operator)
	build/release/bin/fairlead-demo $(if $(filter-out 0 no false,$(KEEP)),--keep)

.PHONY: bench
bench: ## The numbers, each beside its floor. ARGS go to the program
	tools/setup build envoy kube
	$(call configure,release)
	$(call compile,release,fairlead-bench programs)
	build/release/bin/fairlead-bench $(ARGS)

.PHONY: image
image: build ## The operator's image, without an engine: build/image/fairlead-operator.tar. NAME=repository:tag
	tools/image $(if $(NAME),--name $(NAME))

.PHONY: golden
golden: ## Rewrite the golden files from what the code does now; review the diff
	$(if $(CI),$(error make golden rewrites what the tests compare with: not in CI))
	tools/setup build
	$(call configure,dev)
	$(call compile,dev)
	FAIRLEAD_UPDATE_GOLDEN=1 ctest --test-dir build/dev -L golden -j $(TEST_JOBS) --output-on-failure --no-tests=error
	git status --short tests

##@ Upkeep
.PHONY: chart
chart: ## Bring CRDs, values table and version in helm/fairlead up to date with their sources
	tools/chart

.PHONY: fmt
fmt: ## Format the C++ files
	tools/setup lint
	git ls-files -z --cached --others --exclude-standard '*.h' '*.cc' | xargs -0 -r clang-format -i

.PHONY: lint
lint: ## Formatting, house rules, scripts, the chart, headers whole, clang-tidy on what differs from main
	tools/setup build lint helm
	tools/lint/format
	tools/lint/house
	tools/lint/scripts
	tools/lint/chart
	$(call configure,tidy)
	$(call compile,tidy,envoy_api_sources)
	$(call compile,tidy,verify_headers)
	tools/lint/tidy

.PHONY: tidy
tidy: ## clang-tidy on every file (slow)
	tools/setup build lint
	$(call configure,dev)
	$(call compile,dev,envoy_api_sources)
	tools/lint/tidy --all

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZ_SECONDS (default 60) on its corpus
	tools/setup build fuzz
	$(call configure,fuzz)
	$(call compile,fuzz,fuzz_targets)
	tools/run-fuzz build/fuzz $(or $(FUZZ_SECONDS),60)

.PHONY: setup
setup: ## Bring in what a build needs. GROUPS='build envoy kube …' for more (tools/setup --help)
	tools/setup $(or $(GROUPS),build)

.PHONY: clean
clean: ## Remove build/ (what tools/setup brought in stays, in ~/.cache/fairlead)
	rm -rf build

.PHONY: help
help: ## This text
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  JOBS=%s  compilers at once      TEST_JOBS=%s  tests at once\n' '$(JOBS)' '$(TEST_JOBS)'
