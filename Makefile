# Every target installs what it needs first; nothing but git, make, node and npm has to be there (Node 24 itself comes with
# the npm dependencies).
.DEFAULT_GOAL := help
INSTALLED := node_modules/.installed

.PHONY: help demo test lint bench train up down chart dashboards crash clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 22

$(INSTALLED): package.json package-lock.json
	@echo "Installing the dependencies (once; about half a minute) ..."
	@# Not `npm ci`: it insists on builds for every other platform, which not every registry has in each version.
	@npm install --no-save --no-progress --loglevel=error
	@node_modules/.bin/node -v >/dev/null 2>&1 || node -e 'const [a, b] = process.versions.node.split(".").map(Number); if (a < 24 || (a === 24 && b < 9)) { console.error("AutoHeal needs Node 24.9 or newer, and npm has no build of it for this platform: install it first."); process.exit(1); }'
	@touch $@

demo: $(INSTALLED) ## A simulated cluster, three incidents healed live in the terminal
	@npm run -s demo

test: $(INSTALLED) ## All tests; the last line counts them
	@npm test --silent

lint: $(INSTALLED) ## Lint, types and formatting
	npm run -s lint
	npm run -s types
	npm run -s format:check

bench: $(INSTALLED) ## Benchmarks: intake, the model, and how well it heals (about ten minutes)
	@npm run -s bench -- intake
	@npm run -s bench -- model
	@npm run -s bench -- heal

train: $(INSTALLED) ## Make the model that is shipped again (about five minutes; the same bytes)
	@npm run -s train

up: ## The local stack in containers: simulated cluster, Prometheus, Alertmanager, AutoHeal, Grafana, a mailbox
	docker compose up --build --detach --wait
	@echo "Make something ill: http://localhost:9097   the mailbox: http://localhost:1080   Grafana: http://localhost:3000"

down: ## Stop the local stack and forget its data
	docker compose --profile demo-app down --volumes

chart: $(INSTALLED) ## Copy rules, dashboards and access rules into the Helm chart and render its manifests (needs helm)
	@npm run -s chart

dashboards: $(INSTALLED) ## Make grafana/dashboards again from their sources
	@npm run -s dashboards

crash: $(INSTALLED) ## Kill the process 200 times and count what was lost or done twice
	@npm run -s crash -- --kills 200

clean: ## Remove what was installed and built
	rm -rf node_modules dist coverage .autoheal
