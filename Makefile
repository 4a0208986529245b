# Everything here runs with nothing installed but Go; see README.md.

GO         ?= go
FUZZTIME   ?= 10s
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: test lint generate fresh fuzz bench bench-code cross matrix

# As root on Linux this runs the kernel tests too; otherwise they skip and say
# so. Results are not taken from the cache, which does not know the kernel.
test:
	$(GO) test -race -count=1 ./...

lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); test -z "$$unformatted" || { echo "gofmt would change: $$unformatted"; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

generate:
	$(GO) generate ./isa ./dsl ./helper ./internal/test/fixture ./kernel/... ./internal/test/mistakes

# Generated files must be what the tables and the fixtures give, and fixtures what
# the kernels' types give, where those are at hand.
fresh:
	$(GO) run ./internal/gen/isagen -check
	$(GO) run ./internal/gen/numbergen -check
	$(GO) run ./internal/gen/helpergen -check
	$(GO) run ./internal/gen/mistakesdoc -check
	$(GO) test -count=1 -run '^TestKernelPackagesAreFresh$$' ./cmd/bpfsmith
	@if [ -d ../shared/btf ] && command -v xz >/dev/null; then \
		dir=$$(mktemp -d) && $(GO) run ./internal/gen/carve -from ../shared/btf -to $$dir && \
		for file in internal/test/fixture/*.btf; do cmp $$file $$dir/$$(basename $$file) || exit 1; done; rm -r $$dir; fi

# The packages must build where they can only answer "unsupported".
cross:
	@for target in darwin/arm64 windows/amd64 freebsd/amd64 linux/arm64 linux/s390x linux/386; do \
		echo "build $$target"; GOOS=$${target%/*} GOARCH=$${target#*/} $(GO) vet ./... || exit 1; done

# A short look with each fuzz target; FUZZTIME=10m for a long one.
fuzz:
	@for file in $$(grep -rl '^func Fuzz' --include='*_test.go' .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$file); do \
			echo "fuzz $$target in $$(dirname $$file)"; \
			$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$(dirname $$file) || exit 1; done; done

bench:
	$(GO) run ./internal/bench

# Our code beside clang's, function by function: as root on a Debian, whose
# archive has what is missing. BENCHFLAGS=-check fails when a goal is missed.
bench-code:
	$(GO) run ./internal/bench/code $(BENCHFLAGS)

# The kernel tests on other kernels: Debian's 6.1 and 6.12, and a 6.12 with more
# interfaces where there is one. Takes qemu-system-x86 and Debian's archive.
matrix:
	$(GO) run ./internal/test/matrix -timeout 20m
	$(GO) run ./internal/test/matrix -timeout 20m -steady -run 'TestOursCarryAsTheKernels|TestDCTCPKeepsTheQueueShort' ./examples/tcp_cc
