# The two commands: `make run` and `make test`. Both set up what is missing first.
SHELL := bash
export KUBARIUM_TOOLS ?= $(CURDIR)/.tools
export PATH := $(KUBARIUM_TOOLS)/bin:$(CURDIR)/node_modules/.bin:$(PATH):$(HOME)/.cargo/bin
PORT ?= 8080
ONLY ?=

.PHONY: help run dev build test conformance setup clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: build ## set up, build and serve the page on http://127.0.0.1:8080 (PORT=...)
	@exec node scripts/serve.mjs dist $(PORT)

dev: setup ## serve a debug build and rebuild at each change
	exec trunk serve --port $(PORT) --dist target/dev-dist

build: setup ## write dist/, a static site, and print what it weighs
	trunk build --release
	@node scripts/sizes.mjs

test: ## run every check (ONLY="fmt clippy" runs some)
	@scripts/setup.sh test
	@node scripts/test.mjs $(ONLY)

conformance: ## run the engine over a folder of vectors, corpus and oracle: DATA=folder
	@[ -n "$(DATA)" ] || { echo 'usage: make conformance DATA=<folder with vectors, corpus, oracle>' >&2; exit 2; }
	cargo run --release --bin kubarium-conformance -- $(abspath $(DATA))

setup: ## install what building the page needs
	@scripts/setup.sh page

clean: ## remove what was built (not the tools)
	rm -rf dist test-results target
