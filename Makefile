# `make` alone lists what there is.
.PHONY: help demo demo-qemu build install deb test test-guest lint bench clean
.SILENT:

PREFIX ?= /usr/local
SIZES ?= 100 1000 10000
ROUNDS ?= 5

help:
	echo 'make demo        plan, apply and plan again a first stack, on a simulated host'
	echo 'make demo-qemu   boot a real guest from a manifest, and show its console'
	echo 'make build       build a release'
	echo 'make install     install it under PREFIX ($(PREFIX))'
	echo 'make deb         make a Debian package of it, in dist'
	echo 'make test        run all tests'
	echo 'make test-guest  boot a full Debian guest and wait for its cloud-init: minutes more'
	echo 'make lint        check the format of the sources'
	echo 'make bench       measure plans and applies of SIZES="$(SIZES)" virtual machines, uploads, sources'
	echo 'make clean       remove what was built'

demo: build
	scripts/demo

demo-qemu: build
	scripts/install-dependencies --guest
	scripts/demo-qemu

build:
	scripts/install-dependencies
	swift build -c release --static-swift-stdlib --product rigaud

install: build
	scripts/install-files "$$(swift build -c release --show-bin-path)/rigaud" "$(DESTDIR)$(PREFIX)"

deb: build
	scripts/install-dependencies --package
	scripts/make-deb "$$(swift build -c release --show-bin-path)/rigaud"

test:
	scripts/install-dependencies --tests
	scripts/make-test-guest >/dev/null || echo 'Tests that boot a guest will be skipped.'
	scripts/make-cloud-init >/dev/null || echo 'Tests that ask cloud-init itself will be skipped.'
	scripts/unpack-package prometheus >/dev/null || echo 'Tests that ask promtool will be skipped.'
	swift build --build-tests
	swift test --skip-build

test-guest:
	scripts/install-dependencies --tests
	scripts/make-debian-guest >/dev/null
	swift build --build-tests
	RIGAUD_TEST_GUEST=1 swift test --skip-build --filter "DebianGuestTests|BootedUnitTests"

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

bench: build
	scripts/install-dependencies --tests
	Benchmarks/run --sizes "$(SIZES)" --rounds $(ROUNDS)
	Benchmarks/upload --rounds $(ROUNDS)
	Benchmarks/sources --rounds $(ROUNDS)

clean:
	rm -rf .build dist
