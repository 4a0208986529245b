# Everything here runs with nothing installed but Go; see README.md.

GO         ?= go
TESTFLAGS  ?=
FUZZTIME   ?= 10s
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

# TRANSFERS compare for minutes what connections carry. RANDOM are ordinary tests that try a few hundred random programs, unless
# BPFSMITH_RANDOM says how many.
TRANSFERS = TestOursCarryAsTheKernels
AGREEMENT = TestSimulatorAgreesWithTheKernel
RANDOM    = TestRandomProgramsDoWhatGoDoes|TestNumbersAreGos|TestCheckRefusesNothingThatTheKernelTakes|TestCheckWithoutPerfmon|TestTakenProgramsDoTheSame

.PHONY: test race long agree short lint generate fresh fuzz bench bench-code api cross matrix selftests site

# As root on Linux this runs the kernel tests too; otherwise they are skipped and
# say why. With BPFSMITH_KERNEL_TESTS=require a skip is a failure. Results are not
# taken from the cache, which does not know the kernel. "make lint" vets.
test:
	$(GO) test -vet=off -count=1 -shuffle=on -skip '^($(TRANSFERS)|$(AGREEMENT))$$' $(TESTFLAGS) ./...

# The same under the race detector, which makes tests several times as long: those of packages that start goroutines or take locks, or
# whose tests run in parallel. It can find nothing in the others.
race:
	$(GO) test -race -vet=off -count=1 -timeout 20m -skip '^($(TRANSFERS)|$(AGREEMENT))$$' $(TESTFLAGS) $$(grep -rlE \
		'\<go (func|[a-zA-Z.]+\()|\<(sync|atomic)\.|\.Parallel\(\)|\.Go\(func' --include='*.go' --exclude-dir=testdata . | \
		xargs -n1 dirname | sort -u)

# What takes too long for every day: 2,000 random programs for each test that makes some, and long transfers.
long:
	BPFSMITH_RANDOM=2000 $(GO) test -vet=off -count=1 -timeout 30m -p 1 -run '^($(RANDOM)|$(TRANSFERS))$$' $(TESTFLAGS) \
		./compile ./internal/verify ./vm ./examples/tcp_cc
	BPFSMITH_RANDOM=20000 $(GO) test -vet=off -count=1 -run '^TestRandomCodeDoesWhatTheKernelDoes$$' $(TESTFLAGS) ./vm
	BPFSMITH_LOG_MB=1024 $(GO) test -vet=off -count=1 -run '^TestExplainKeepsUp$$' $(TESTFLAGS) ./cmd/bpfsmith

# Simulator and kernel, in mean window and goodput: about six minutes of transfers. A machine that stands still for milliseconds is another
# path than the one that is simulated, so the lab goes before all else, and nothing else should run.
agree:
	chrt -r 1 $(GO) test -vet=off -count=1 -timeout 30m -v -run '^$(AGREEMENT)$$' ./examples/tcp_cc

# What needs neither privilege nor long. Root runs it as a user who has none.
short:
	@if [ "$$(id -u)" = 0 ]; then exec .ci/short $(TESTFLAGS); else exec $(GO) test -short -vet=off -count=1 $(TESTFLAGS) ./...; fi

# The tests with the build tags are for other kernels (guest), and for where the recorded data came from (fresh).
lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "gofmt would change: $$unformatted"; exit 1; }
	$(GO) vet -tags guest,fresh ./...
	$(GO) run $(STATICCHECK) -tags guest,fresh ./...

generate:
	$(GO) generate ./isa ./dsl ./helper ./vm ./syscall ./internal/test/fixture ./kernel/... ./internal/test/mistakes ./docs/tutorial ./internal/gen/referencegen

# Generated files must be what the tables and the fixtures give. Fixtures must be
# what the kernels' types and the recorded data give, where those are at hand.
fresh:
	$(GO) run ./internal/gen/isagen -check
	$(GO) run ./internal/gen/numbergen -check
	$(GO) run ./internal/gen/helpergen -check
	$(GO) run ./internal/gen/typegen -check
	$(GO) run ./internal/gen/vmgen -check
	$(GO) run ./internal/gen/mistakesdoc -check
	$(GO) run ./internal/gen/tutorialgen -check
	$(GO) run ./internal/gen/referencegen -check
	$(GO) test -count=1 -run '^TestKernelPackagesAreFresh$$' ./cmd/bpfsmith
	@if [ -d ../shared/btf ] && command -v xz >/dev/null; then \
		dir=$$(mktemp -d) && $(GO) run ./internal/gen/carve -from ../shared/btf -to $$dir && \
		for file in internal/test/fixture/*.btf; do cmp $$file $$dir/$$(basename $$file) || exit 1; done && \
		$(GO) run ./internal/gen/carve -recorded -from ../shared/btf -to $$dir && \
		for file in types.btf ids.tsv; do cmp internal/test/recorded/$$file $$dir/$$file || exit 1; done; rm -r $$dir; fi
	@if [ -d ../shared/verifierlogs ]; then $(GO) test -count=1 -tags fresh -run '^TestArchiveIsTheFolder$$' ./internal/test/recorded; fi
	@if [ -d ../shared/conformance ]; then $(GO) test -count=1 -tags fresh -run '^TestConformance' ./vm; fi
	@if [ -d ../shared/isa ]; then $(GO) test -count=1 -tags fresh -run '^TestRecordedDataIsTheSharedData$$' ./isa; fi

# What differs from the last release for users of the packages; see CONTRIBUTING.md.
api:
	.ci/api

# The packages must build where they can only answer "unsupported".
cross:
	$(GO) run ./internal/test/systems darwin/arm64 windows/amd64 freebsd/amd64 linux/arm64 linux/s390x linux/386
	GOOS=js GOARCH=wasm $(GO) vet ./isa ./vm/... ./internal/verify ./verifierlog/... ./internal/playground/... # what a page runs

# The documents and the playground as HTML files in site/. A link that leads nowhere is a failure.
site:
	$(GO) run ./internal/gen/sitegen -o site
	$(GO) run ./internal/gen/playgroundgen -o site

# A short look with each fuzz target; FUZZTIME=10m for a long one.
fuzz:
	@for file in $$(grep -rl '^func Fuzz' --include='*_test.go' .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$file); do \
			echo "fuzz $$target in $$(dirname $$file)"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$(dirname $$file) || exit 1; done; done

# Our code beside that of others, in one run. BENCHFLAGS=machine measures only package vm; -ubpf=REPOSITORY takes its sources from there.
bench:
	$(GO) run ./internal/bench $(BENCHFLAGS)

# Our code beside clang's, function by function: as root on a Debian, whose
# archive has what is missing. BENCHFLAGS=-check fails when a goal is missed.
bench-code:
	$(GO) run ./internal/bench/code $(BENCHFLAGS)

# The kernel tests on other kernels: Debian's 6.1 and 6.12, and a 6.12 with more
# interfaces where there is one. Takes qemu-system-x86 and Debian's archive.
matrix:
	$(GO) run ./internal/test/matrix -timeout 20m
	$(GO) run ./internal/test/matrix -timeout 20m -steady -run 'TestOursCarryAsTheKernels|TestDCTCPCarriesAsTheKernels|TestDCTCPKeepsTheQueueShort' ./examples/tcp_cc

# The check beside the running kernel, on what the kernel's developers test their verifier with: as root on a Debian, whose archive has what
# is missing. Fails when a limit is passed. SELFTESTS=-level=v4 for another ISA level, -only=NAME for a few objects.
selftests:
	$(GO) run ./internal/test/selftests $(SELFTESTS)
