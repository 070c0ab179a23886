# Every task has a target here; each runs a script in scripts/.
.DEFAULT_GOAL := help
.PHONY: help run test publish agent image images attack bench load session dashboards count clean setup

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## start a server on 127.0.0.1:8000 and print how to connect
	@scripts/run.sh

test: ## run every test, against a real Docker Engine and the native binary
	@scripts/test.sh

publish: ## build the static binary artifacts/mcp-devbench
	@scripts/publish.sh

agent: ## build the agent that runs in every workspace
	@scripts/agent.sh

image: ## build the container image mcp-devbench:dev around the published binary
	@scripts/image.sh

images: ## build local images for the tests, and to try without a registry
	@scripts/images.sh

attack: ## attack the published binary and print which attacks held
	@scripts/attack.sh

bench: ## run the benchmarks, on the JIT and as native code; then compare one call with docker exec
	@scripts/bench.sh

load: ## put the binary under load for ten minutes and check the SLOs; report: artifacts/load-report/README.md
	@scripts/load.sh

session: ## replay a recorded working day of 200 calls and print the size of the answers
	@scripts/session.sh

dashboards: ## draw the dashboards of deploy/grafana with real data into docs/images/dashboards
	@scripts/dashboards.sh

count: ## count what departs from the house style, with the place of each
	@scripts/count.sh

setup: ## install missing build tools and a Docker Engine
	@scripts/setup.sh

clean: ## remove all build results of this checkout
	@scripts/clean.sh
