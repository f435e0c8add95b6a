# The commands of the suite; `make help` lists them. What they do is in tools/dev-stack.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

node := node_modules/.bin/node
# kafkajs computes negative timeouts, which Node 24 warns of.
run := $(node) --disable-warning=TimeoutNegativeWarning
stack := $(run) tools/dev-stack/src/cli.ts
nx := PATH="$$PWD/node_modules/.bin:$$PATH" NX_DAEMON=false NX_TUI=false nx
# What is needed depends on what for: stack, test or tools.
prepare = @sh tools/dev-stack/preflight.sh $(1) && sh tools/dev-stack/install.sh $(1)
installed = @sh tools/dev-stack/installed.sh

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

up: ## start PostgreSQL, Kafka and every service in the background; mends and updates what runs already
	$(call prepare,stack)
	@exec $(stack) up

demo: ## follow one write from the gateway to the audit trail, on the running stack
	$(installed)
	@exec $(run) tools/dev-stack/src/demo/demo.ts

down: ## stop everything, keep the data
	$(installed)
	@exec $(stack) down

reset: ## stop everything and erase the local data
	$(installed)
	@exec $(stack) reset

status: ## processes, readiness, memory
	$(installed)
	@exec $(stack) status

logs: ## last log lines (s=gateway: of one part; f=1: follow)
	$(installed)
	@exec $(stack) logs $(if $(f),--follow) -- "$(s)"

psql: ## SQL shell on the stack's database (c="SELECT 1": run one statement)
	$(installed)
	@exec $(stack) psql -- "$$c"

topics: ## Kafka topics with their partitions and end offsets
	$(installed)
	@exec $(stack) topics

conserve: ## hold every event of the running stack against outboxes, Kafka, inboxes and dead letters (since=2026-01-31T12:00:00Z: told since)
	$(installed)
	@exec $(run) tools/dev-stack/src/conserve/main.ts --since "$(since)"

ctl: ## what operators do, on the running stack (args="dead-letters groups"; without: all commands)
	$(installed)
	@exec $(run) tools/operator/src/cli.ts $(args)

verify-export: ## hold a data export against its signed manifest, offline (f=archive.tar.gz jwks=jwks.json)
	$(installed)
	@exec $(run) tools/operator/src/verify-export-cli.ts "$(f)" "$(jwks)"

test: ## type checks, lint, then all tests on a stack of their own (t=pattern: some)
	$(call prepare,test)
	@exec $(run) tools/dev-stack/src/test.ts --pattern "$(t)"

test-unit: ## the unit tests alone (t=pattern: some)
	$(call prepare,tools)
	@exec $(run) tools/dev-stack/src/test.ts unit --pattern "$(t)"

test-integration: ## the integration tests alone (t=pattern: some)
	$(call prepare,test)
	@exec $(run) tools/dev-stack/src/test.ts integration --pattern "$(t)"

test-e2e: ## the end to end tests alone (t=pattern: some)
	$(call prepare,test)
	@exec $(run) tools/dev-stack/src/test.ts e2e --pattern "$(t)"

torture: ## kill every part again and again under load, on a stack of its own; about 10 minutes (t=pattern: some)
	$(call prepare,test)
	@exec $(run) tools/dev-stack/src/test.ts torture --pattern "$(t)"

bench: ## measure, on a stack of its own (b=audit-append: one benchmark)
	$(call prepare,test)
	@sh tools/dev-stack/build.sh
	@exec $(run) tools/bench/src/main.ts --benchmark "$(b)"

lint: ## ESLint with the boundaries and the house rules (p=notes,gateway: of some projects)
	$(call prepare,tools)
	@$(nx) run-many -t lint $(if $(p),-p $(p))

audit: ## prove the eight rules over the real routes (args="--module gateway --rule 4 --evidence --json --html")
	$(call prepare,tools)
	@exec $(node) --conditions=@plinth/source --import ./tools/audit/src/loading/source-hooks.ts tools/audit/src/cli.ts $(args)

generate: ## write what is generated from code (.env.example, pages in docs, event schemas)
	$(call prepare,tools)
	@sh tools/dev-stack/build.sh
	@$(node) tools/generators/src/generate.ts

verify: ## fail where what is generated is not what the code says
	$(call prepare,tools)
	@sh tools/dev-stack/build.sh
	@$(node) tools/generators/src/generate.ts --check

openapi: generate ## write the API document, docs/openapi.json, with all else that is generated
	@echo "docs/openapi.json: $$($(node) -p 'Object.keys(JSON.parse(fs.readFileSync(`docs/openapi.json`)).paths).length') paths"

typecheck: ## TypeScript, tests included (p=notes: of some projects)
	$(call prepare,tools)
	@$(nx) run-many -t typecheck $(if $(p),-p $(p))

.PHONY: help up demo down reset status logs psql topics conserve ctl verify-export test test-unit test-integration test-e2e torture bench lint audit generate verify openapi typecheck
