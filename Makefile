# The one door to the house. Each target is a small script in scripts/.
.DEFAULT_GOAL := help
.PHONY: help run test publish agent image images attack bench load session dashboards clean setup

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start a server on 127.0.0.1:8000 and say how to connect
	@scripts/run.sh

test: ## every test, against a real Docker Engine and the native binary
	@scripts/test.sh

publish: ## build the one static binary: artifacts/mcp-devbench
	@scripts/publish.sh

agent: ## build the agent that lives in every workspace
	@scripts/agent.sh

image: ## build the container image mcp-devbench:dev around the published binary
	@scripts/image.sh

images: ## make the local images that the tests (and a try without a registry) use
	@scripts/images.sh

attack: ## attack the published binary and print what held
	@scripts/attack.sh

bench: ## run the benchmarks, on the JIT and as native code; then one call against docker exec
	@scripts/bench.sh

load: ## ten minutes under load, held to the SLOs; the report is artifacts/load-report/README.md
	@scripts/load.sh

session: ## play a recorded working day of 200 calls and print what the answers weigh
	@scripts/session.sh

dashboards: ## draw the dashboards of deploy/grafana with real data into docs/images/dashboards
	@scripts/dashboards.sh

setup: ## install what is missing: build tools, Docker Engine
	@scripts/setup.sh

clean: ## remove everything that was built here
	@scripts/clean.sh
