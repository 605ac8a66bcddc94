# Everything a developer does, one target each. Only python3 (>= 3.11, with venv), make and git are assumed; what else
# is needed is made in .build/ by local/setup.py, from the hash-locked files in requirements/.

PYTHON   ?= python3
INSTANCE ?= demo
TARGET   ?= host
MERCHANT ?=
FILES    ?=
Q        ?=
FUNCTION ?= chat
EVENT    ?= events/chat/question.json
NAME     ?=
DATA     ?=
LIMIT    ?=
TESTS    ?= tests
SPECS    ?=
QUEUE    ?=
DRY      ?=
STAGE    ?=
MODEL    ?=
BACK     ?=
FORGET   ?=
WIDGETS  ?=
ENDPOINT ?=
BRANDING ?=
KEYS     ?=

ENV     = .build/env
PRODUCT = $(ENV)/product/bin/python
SETUP   = @$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Shopwright needs Python 3.11 or newer: make PYTHON=python3.11 ...")' && $(PYTHON) local/setup.py

# Two at once: one with the laptop cloud, which mostly waits, one with the rest. A part is run by one.
WORKERS = $(if $(filter tests,$(TESTS)),-n 2 --no-loadscope-reorder)

# As they were typed: a question may hold a dollar sign, which make would take for a variable of its own.
override MERCHANT := $(value MERCHANT)
override FILES := $(value FILES)
override Q := $(value Q)
override FUNCTION := $(value FUNCTION)
override EVENT := $(value EVENT)
override NAME := $(value NAME)
override DATA := $(value DATA)
override WIDGETS := $(value WIDGETS)
override BRANDING := $(value BRANDING)
override KEYS := $(value KEYS)
export DEMO_EXIT INSTANCE MERCHANT FILES Q FUNCTION EVENT NAME DATA LIMIT SPECS QUEUE DRY STAGE MODEL ENDPOINT BACK FORGET WIDGETS BRANDING KEYS
export PYTHONPATH =
# onnxruntime would report to its maker; functions get the same from CDK.
export ORT_DISABLE_TELEMETRY = 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-full check bench up down synth layer drop ask invoke replay resume sweep reembed model agent merchant webhooks audit publish logs openapi lock clean \
        env-product env-cloud env-all

help: ## what there is to do (this list)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: env-cloud ## three shops, from dropped documents to cited answers (DEMO_EXIT=1 stops everything at the end)
	@$(PRODUCT) -m local.story

test: env-all ## the quick lane: every kind of test, generators cut short; TESTS=path for a part
	@$(PRODUCT) -m local.synth
	@$(PRODUCT) -m pytest $(TESTS) $(WORKERS) -m "not full"

test-full: env-all ## every test with every generated case
	@SHOPWRIGHT_FULL=1 $(PRODUCT) -m local.synth
	@SHOPWRIGHT_FULL=1 $(PRODUCT) -m pytest $(TESTS) $(WORKERS)

check: env-cloud ## lint, format, types, import rules, plan map, record-only types, API description, templates, cdk-nag
	@$(PRODUCT) -m ruff check .
	@$(PRODUCT) -m ruff format --check .
	@$(PRODUCT) -m mypy
	@$(ENV)/product/bin/lint-imports
	@$(PRODUCT) -m local.plan_map
	@$(PRODUCT) -m local.openapi --check
	@$(PRODUCT) -m local.synth
	@$(PRODUCT) -m local.assembly_types
	@$(ENV)/product/bin/cfn-lint -i W3005 W3010 W6001 -t cdk.out/*.template.json

bench: env-cloud ## measure: all benches in their quick form, or one of bench/run.py in full with NAME=
	$(SETUP) peers-langchain peers-llamaindex peers-quality peers-presidio intent-training
	@$(PRODUCT) -m bench $(if $(NAME),"$$NAME") $(if $(DATA),--data "$$DATA") $(if $(LIMIT),--limit "$$LIMIT")

up: env-cloud ## start the laptop cloud, or deploy what has changed to the one that runs
	@$(PRODUCT) -m local.commands up --instance $(INSTANCE)

down: env-product ## stop the laptop cloud and everything in it
	@$(PRODUCT) -m local.commands down --instance $(INSTANCE)

synth: env-cloud ## cdk.out from the CDK app, with TARGET=host|lambda layers
	@$(PRODUCT) -m local.synth $(TARGET)

layer: env-cloud ## the Lambda layers for TARGET=host|lambda, or what the image of AgentCore is made from (TARGET=agent)
	@$(PRODUCT) -m local.layers $(TARGET)

drop: env-product ## put documents into a shop: MERCHANT=kitchen FILES=path/to/folder
	@$(PRODUCT) -m local.drop

ask: env-product ## ask a shop: MERCHANT=kitchen Q="How long is the warranty?"
	@$(PRODUCT) -m local.ask

invoke: env-cloud ## run one function on an event: FUNCTION=chat EVENT=events/chat/question.json
	@$(PRODUCT) -m local.layers >/dev/null
	@$(PRODUCT) -m local.invoke "$$FUNCTION" "$$EVENT"

resume: env-product ## have parked sagas undone once more, once the cause is cured: LIMIT= DRY=1 STAGE=
	@$(PRODUCT) -m local.resume

sweep: env-product ## cut sales short in every way there is: 5,000 schedules and more (an hour); SEED=
	@SHOPWRIGHT_FULL=1 $(PRODUCT) -m pytest tests/integration/checkout/test_sweep.py -m full -s -q

replay: env-product ## send what failed again: QUEUE=ingestion-failed|receipts-failed|stock-failed|sales-failed|webhooks-failed|..., LIMIT= DRY=1 STAGE=
	@$(PRODUCT) -m local.replay

reembed: env-product ## embed a shop's passages with another model: MERCHANT=kitchen|ALL MODEL=, BACK=1 FORGET=1 STAGE=
	@$(PRODUCT) -m local.reembed

model: env-product ## which model answers on the laptop: MODEL=none|bedrock, or a server's own with ENDPOINT=http://...
	@$(PRODUCT) -m local.model

merchant: env-product ## a shop's branding and payment keys: MERCHANT=kitchen BRANDING=shop.toml KEYS=keys.toml|- STAGE=
	@$(PRODUCT) -m local.merchant

webhooks: env-product ## what a shop's gateway told that is about no payment of ours: MERCHANT=kitchen STAGE=
	@$(PRODUCT) -m local.webhooks

agent: env-product ## the laptop cloud's answers through AgentCore's wire, by the program of its container, until Ctrl-C
	@$(PRODUCT) -m local.agentcore

audit: env-product ## is the audit trail whole, in order and unchanged? MERCHANT=kitchen or everybody's; STAGE=
	@$(PRODUCT) -m local.audit

publish: env-product ## put the page into its bucket (`make up` does it on the laptop): STAGE= WIDGETS=Name=key,Name=key
	@$(PRODUCT) -m local.publish

logs: env-product ## the ends of the laptop cloud's logs, and what is added to them (Ctrl-C ends it)
	@$(PRODUCT) -m local.commands logs --instance $(INSTANCE) --follow

openapi: env-product ## write docs/openapi.json from the handlers
	@$(PRODUCT) -m local.openapi

lock: ## write requirements/*.lock from pyproject.toml (this alone needs uv)
	@sh requirements/lock.sh

clean: ## stop every laptop cloud; remove what was made, except the environments (rm -rf .build removes them too)
	@for state in .build/cloud/*/state.json; do \
	    if [ -x $(PRODUCT) ] && [ -f "$$state" ]; then \
	        $(PRODUCT) -m local.commands down --instance "$$(basename "$$(dirname "$$state")")" || exit 1; fi; done
	@rm -rf cdk.out .build/synth .build/layers .build/layers-lambda .build/layers-shelf .build/cloud .build/jsii \
	    .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .aws-sam

env-product:
	$(SETUP) product

env-cloud:
	$(SETUP) product function ministack weights

env-all:
	$(SETUP) product function ministack sam weights
