# What CI runs is `make check`, and nothing else.
GOLANGCI := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOFUMPT  := go run mvdan.cc/gofumpt@v0.12.0

.PHONY: check format lint cover test generate fresh bench build vuln

check: format lint fresh test cover

format:
	@test -z "$$($(GOFUMPT) -l .)" || { $(GOFUMPT) -l .; echo "run: make fmt"; exit 1; }

.PHONY: fmt
fmt:
	$(GOFUMPT) -w .

lint:
	go vet ./...
	$(GOLANGCI) run ./...

test:
	go test -race -shuffle=on -timeout=20m ./...

# Every statement of what decides and of what carries out is run by the package's own tests.
cover:
	@profile=$$(mktemp) && go test -short -coverprofile=$$profile ./authz ./actions && \
	awk 'NR > 1 && $$2 > 0 && $$3 == 0 { print "not covered: " $$1; missing = 1 } END { exit missing }' $$profile; \
	status=$$?; rm -f $$profile; exit $$status

# Generated files, and the check that they are fresh.
generate:
	go run ./cmd/ecsbot manifest > deploy/slack-manifest.json
	go run ./cmd/ecsbot actions > docs/actions.md
	rm -rf deploy/iam
	go run ./cmd/ecsbot iam all --config deploy/ecsbot.example.yaml --out deploy/iam
	go test ./authz/iam -run EveryStatement -update

fresh: generate
	git diff --exit-code -- deploy docs/iam.md docs/actions.md
	test -z "$$(git status --porcelain -- deploy)"

# The pictures of the documents, taken anew from the demo; needs Chromium.
.PHONY: pictures
pictures:
	ECSBOT_PICTURES=$(CURDIR)/docs go test -count=1 -run InABrowser ./cmd/ecsbot

# Speed, as a table. Machines are noisy: compare within one run only.
bench:
	go run ./internal/bench/cmd

# Bots are killed, one on SQLite and three on one DynamoDB; ninety minutes at most. The second
# part needs Node.
.PHONY: chaos
chaos:
	npm ci --silent --no-audit --no-fund --prefix actions/ledger/ledgertest/dynalite
	timeout 90m go run ./internal/chaos/cmd

build:
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/ecsbot ./cmd/ecsbot

# Needs the network for its database; the public workflow runs it.
vuln:
	go run golang.org/x/vuln/cmd/govulncheck@latest ./...
