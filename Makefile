# SPDX-License-Identifier: MIT
# kimi-proxy: `make run` serves, `make test` tests, `make help` lists the rest.

BUILD ?= build/release
MODE ?= release
PREFIX ?= /usr/local
PORT ?= 8000
V ?= 0

PACKAGES := gcc libc6-dev make pkg-config libfcgi-dev libcurl4-openssl-dev \
	libcjson-dev libsqlite3-dev nettle-dev libpcre2-dev zlib1g-dev \
	libbrotli-dev libzstd-dev
RUN_PACKAGES := libmicrohttpd-dev lighttpd sqlite3 curl
IMAGE_PACKAGES := mmdebstrap debian-archive-keyring
TEST_PACKAGES := libcmocka-dev apache2 apache2-suexec-pristine \
	libapache2-mod-fcgid nginx-light \
	nodejs=node npm=npm procps openssl iproute2 util-linux \
	systemd=systemd-analyze qemu-user=qemu-aarch64 strace valgrind umoci \
	runc zsh fish $(IMAGE_PACKAGES)
CHECK_PACKAGES := clang-format clang-tidy cppcheck pmccabe codespell shellcheck \
	mandoc
BENCH_PACKAGES := apache2 libapache2-mod-fcgid nginx-light openssl strace \
	util-linux
STATIC_PACKAGES := gcc libc6-dev make dpkg-dev perl tcl \
	gcc-x86-64-linux-gnu=x86_64-linux-gnu-gcc \
	gcc-aarch64-linux-gnu=aarch64-linux-gnu-gcc
STATIC_ARCHITECTURES := amd64 arm64
# The sanitizer runtime of whichever clang the release has.
FUZZ_PACKAGES := clang libclang-rt-dev

# Builds use all processors unless make was given -j.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
Q := $(if $(filter 1,$(V)),,@)

# --- Flags, per mode ---------------------------------------------------------
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wcast-qual -Wundef -Wvla \
	-Wformat=2 -Wswitch-enum -Wduplicated-cond -Wlogical-op \
	-Wnull-dereference
CFLAGS_release := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong \
	-fstack-clash-protection -fcf-protection
CFLAGS_asan := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
CFLAGS_tsan := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
# With CC=clang: libFuzzer, without warnings that only GCC has.
CFLAGS_fuzz := -O1 -g -fno-omit-frame-pointer -Wno-unknown-warning-option \
	-Wno-format-nonliteral \
	-fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined
LDFLAGS_release := -Wl,-z,relro,-z,now
LDFLAGS_asan := -fsanitize=address,undefined
LDFLAGS_tsan := -fsanitize=thread
LDFLAGS_fuzz := -fsanitize=fuzzer,address,undefined

CC ?= gcc
# Programs and $(TEST_LIBRARY) share their objects. Linked into a program they
# are as good as with -fPIE.
CFLAGS := -std=gnu17 -D_GNU_SOURCE -fPIC -fno-semantic-interposition \
	-pthread $(WARNINGS) \
	$(CFLAGS_$(MODE)) $(if $(CI),-Werror) $(EXTRA_CFLAGS)
LDFLAGS := -pie -pthread -Wl,--as-needed $(LDFLAGS_$(MODE))
CPPFLAGS = -I. -Ishared -I$(BUILD)/sql -MMD -MP
LIBRARIES := libcjson sqlite3 nettle
LDLIBS = $(shell pkg-config --libs $(LIBRARIES)) -ldl -lm
LDLIBS_FCGI = $(shell pkg-config --libs fcgi)
# kimi.cgi starts anew for each request. Two thirds of the symbols that the
# dynamic loader would look up are in these two, so they are linked in, if the
# system has them as archives.
ARCHIVES := sqlite3 nettle
ARCHIVE = $(if $(filter /%,$(shell $(CC) -print-file-name=lib$(1).a)),-l:lib$(1).a,-l$(1))
LDLIBS_CGI = $(foreach name,$(ARCHIVES),$(call ARCHIVE,$(name))) $(LDLIBS)

# --- What to build -----------------------------------------------------------
SHARED := $(wildcard shared/*/*.c shared/*/*/*.c)
UNIT := $(wildcard tests/unit/*_test.c)
ifeq ($(MODE),static)
include static/programs.mk
endif
objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIBRARY := $(BUILD)/libkimi.a
# What kimi.cgi does besides, started from a terminal.
COMMAND_LIBRARY := $(BUILD)/libcommand.a
# LIBRARY for unit tests and fuzz replays. There are over a hundred, and a copy
# of the code with its debug symbols in each would take a gigabyte.
TEST_LIBRARY := $(BUILD)/libkimi-test.so
TEST_LINK = $(Q)$(CC) $(LDFLAGS) -Wl,-rpath,'$$ORIGIN/..' -o $@ $^ $(LDLIBS)
PROGRAMS := $(BUILD)/kimi.fcgi $(BUILD)/kimi.cgi
UNIT_PROGRAMS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT))
# Each is tests/fuzz/NAME.c with tests/fuzz/corpus/NAME/.
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,\
	$(filter-out %/replay.c,$(wildcard tests/fuzz/*.c)))
FUZZ := $(FUZZ_TARGETS)
SECONDS := 60
SQL := sql/queries.sql sql/schema.sql $(sort $(wildcard sql/migrations/*.sql))

.PHONY: all run static test asan tsan torture soak check mutants docs texts \
	bench screens image install uninstall clean help deps test-deps \
	check-deps bench-deps static-deps fuzz fuzz-deps programs tests bench-programs fuzzers

all: deps ## install missing packages and build
	@$(MAKE) --no-print-directory $(PARALLEL) programs

programs: $(PROGRAMS)
	@:

tests: $(PROGRAMS) $(UNIT_PROGRAMS) $(BUILD)/fake_kimi \
	$(BUILD)/doc_tables $(FUZZ_TARGETS:%=$(BUILD)/replay/%)

bench-programs: $(PROGRAMS) $(BUILD)/fake_kimi $(BUILD)/bench_load \
		$(BUILD)/bench_floor $(BUILD)/costs.so
	@:

fuzzers: $(FUZZ:%=$(BUILD)/%)

$(BUILD)/sql/statements.h: sql/embed.awk $(SQL)
	@mkdir -p $(@D)
	$(Q)awk -v header=1 -f sql/embed.awk $(SQL) > $@

$(BUILD)/sql/statements.c: sql/embed.awk $(SQL)
	@mkdir -p $(@D)
	$(Q)awk -f sql/embed.awk $(SQL) > $@

$(BUILD)/sql/statements.o: $(BUILD)/sql/statements.c $(BUILD)/sql/statements.h
	$(Q)$(CC) $(CFLAGS) $(CPPFLAGS) -c $< -o $@

$(BUILD)/%.o: %.c | $(BUILD)/sql/statements.h
	@mkdir -p $(@D)
	@$(if $(filter 1,$(V)),,echo "  CC $<")
	$(Q)$(CC) $(CFLAGS) $(CPPFLAGS) -c $< -o $@

$(LIBRARY): $(call objects,$(SHARED)) $(BUILD)/sql/statements.o
	$(Q)rm -f $@ && ar rcs $@ $^

$(TEST_LIBRARY): $(call objects,$(SHARED)) $(BUILD)/sql/statements.o
	@echo "  LD $@"
	$(Q)$(CC) $(filter-out -pie,$(LDFLAGS)) -shared -o $@ $^ $(LDLIBS)

$(COMMAND_LIBRARY): $(call objects,$(wildcard cgi/command/*.c))
	$(Q)rm -f $@ && ar rcs $@ $^

$(BUILD)/kimi.cgi: $(call objects,$(wildcard cgi/*.c)) $(COMMAND_LIBRARY) $(LIBRARY)
	@echo "  LD $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS_CGI)

$(BUILD)/kimi.fcgi: $(call objects,$(wildcard fcgi/*.c) cgi/gateway.c) $(LIBRARY)
	@echo "  LD $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) $(LDLIBS_FCGI)

$(BUILD)/fake_kimi: $(call objects,$(wildcard tests/fake/*.c))
	@echo "  LD $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs libmicrohttpd libcjson nettle) -lm

$(BUILD)/doc_tables: $(call objects,$(wildcard tests/docs/*.c)) \
		$(COMMAND_LIBRARY) $(LIBRARY)
	@echo "  LD $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# Without libraries: it is also the empty program that kimi.cgi is compared to.
$(BUILD)/bench_load: $(call objects,$(filter-out %/floor.c,\
		$(wildcard tests/bench/*.c)))
	@echo "  LD $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^

# Preloaded, it counts what kimi.fcgi does.
$(BUILD)/costs.so: tests/e2e/lib/costs.c
	@echo "  LD $@"
	$(Q)$(CC) $(CFLAGS) -Wno-pedantic -shared -o $@ $< -ldl

$(BUILD)/bench_floor: $(BUILD)/tests/bench/floor.o
	@echo "  LD $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs fcgi libcurl sqlite3)

# These hold our schemas against the rules of the fake Kimi.
$(BUILD)/tests/schema_test $(BUILD)/tests/schema_loss_test \
		$(BUILD)/replay/schema $(BUILD)/schema: \
	$(call objects,$(wildcard tests/fake/schema_*.c))

$(BUILD)/tests/%_test: $(BUILD)/tests/unit/%_test.o \
		$(call objects,$(wildcard tests/unit/support/*.c)) \
		$(COMMAND_LIBRARY) $(TEST_LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(TEST_LINK) -lcmocka

$(FUZZ_TARGETS:%=$(BUILD)/replay/%): $(BUILD)/replay/%: $(BUILD)/tests/fuzz/%.o \
		$(BUILD)/tests/fuzz/replay.o $(TEST_LIBRARY)
	@mkdir -p $(@D)
	@echo "  LD $@"
	$(TEST_LINK)

# Only with MODE=fuzz, where libFuzzer provides main.
$(FUZZ_TARGETS:%=$(BUILD)/%): $(BUILD)/%: $(BUILD)/tests/fuzz/%.o $(LIBRARY)
	@echo "  LD $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# --- Targets for people ------------------------------------------------------
run: deps ## install missing packages, build, serve on http://127.0.0.1:8000
	@$(MAKE) --no-print-directory need NEED="$(RUN_PACKAGES)"
	@$(MAKE) --no-print-directory $(PARALLEL) programs $(BUILD)/fake_kimi
	@BUILD='$(BUILD)' PORT='$(PORT)' exec lighttpd/run.sh

static: static-deps ## build programs of one file each, for hosts without our libraries
	@$(MAKE) --no-print-directory $(PARALLEL) \
		$(STATIC_ARCHITECTURES:%=static-%) build/static/NOTICE

static-%: build/static/libraries/versions
	@$(MAKE) --no-print-directory -f static/libraries.mk ARCH=$*
	@$(MAKE) --no-print-directory MODE=static ARCH=$* BUILD=build/static/$* \
		programs

build/static/libraries/versions: static/fetch.sh
	@echo "  FETCH sources of libraries"
	$(Q)static/fetch.sh $(@D) $(STATIC_ARCHITECTURES)

# The licences of what is linked in.
build/static/NOTICE: static/notice.sh build/static/libraries/versions
	$(Q)static/notice.sh build/static/libraries > $@

test: test-deps static ## run all tests, on both the release and the sanitizer build
	@$(MAKE) --no-print-directory $(PARALLEL) tests
	@$(MAKE) --no-print-directory $(PARALLEL) tests MODE=asan BUILD=build/asan
	@BUILD=$(BUILD) BUILD_ASAN=build/asan tests/run.sh

asan: test-deps ## run all tests with the address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory $(PARALLEL) tests MODE=asan BUILD=build/asan
	@BUILD=build/asan tests/run.sh

tsan: test-deps ## run the threaded tests with the thread sanitizer
	@$(MAKE) --no-print-directory $(PARALLEL) tests MODE=tsan BUILD=build/tsan
	@BUILD=build/tsan tests/run.sh --threads

torture: test-deps ## kill the program under load; its database must match what clients saw
	@$(MAKE) --no-print-directory $(PARALLEL) programs $(BUILD)/fake_kimi \
		$(BUILD)/tests/killed_test
	@KILL_ROUNDS=1000 $(BUILD)/tests/killed_test
	@BUILD=$(BUILD) node tests/torture/run.mjs
	@BUILD=$(BUILD) node tests/torture/retention_run.mjs

soak: test-deps ## send 100,000 requests of all kinds; the program's memory must not grow
	@$(MAKE) --no-print-directory $(PARALLEL) programs $(BUILD)/fake_kimi
	@BUILD=$(BUILD) node tests/torture/soak_run.mjs

check: check-deps ## check style, includes, complexity, documents; analyse the code
	@BUILD=$(BUILD) tests/check.sh

mutants: test-deps ## break the program in known ways, which unit tests must notice
	@tests/mutants/run.sh $(MUTANTS)

docs: deps ## update the tables in the manuals, and the sample settings, from the code
	@$(MAKE) --no-print-directory $(BUILD)/doc_tables
	@tests/docs/manuals.sh $(BUILD)/doc_tables

texts: ## print every text that a person can see, for proofreading
	@tests/docs/texts.sh

fuzz: fuzz-deps ## run libFuzzer on every target, or on FUZZ=name, for SECONDS=60 each
	@$(MAKE) --no-print-directory $(PARALLEL) fuzzers MODE=fuzz CC=clang BUILD=build/fuzz
	@BUILD=build/fuzz FUZZ_SECONDS='$(SECONDS)' tests/fuzz/run.sh $(FUZZ)

bench: bench-deps ## compare cost and latency with a plain proxy and with aims
	@$(MAKE) --no-print-directory $(PARALLEL) bench-programs
	@BUILD=$(BUILD) tests/bench/run.sh

screens: bench-deps ## time each screen of an owner of ROWS=10000000 requests
	@$(MAKE) --no-print-directory $(PARALLEL) programs
	@BUILD=$(BUILD) tests/bench/ledger.sh $(ROWS)

install: all ## install programs, manuals, units and web server files under PREFIX
	@BUILD='$(BUILD)' PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' fcgi/install.sh install

image: deps ## build the image of Containerfile without a container engine
	@$(MAKE) --no-print-directory need NEED="$(IMAGE_PACKAGES)"
	@$(MAKE) --no-print-directory $(PARALLEL) programs
	@BUILD='$(BUILD)' container/image.sh

uninstall: ## remove all that, but not your settings, the database and the log
	@BUILD='$(BUILD)' PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' fcgi/install.sh uninstall

clean: ## remove build/, but not var/, which has the database
	rm -rf build

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "  V=1 shows the commands. PORT and KIMI_DB are for run, PREFIX and"
	@echo "  DESTDIR for (un)install. tests/check.sh WORD runs only some checks."
	@echo "  BENCH=quick measures once, PROGRAMS=DIR another build's programs."
	@echo "  tests/torture/README.md says what torture takes from the environment."

# --- Debian packages, installed if missing -----------------------------------
.PHONY: need
need:
	@tests/need.sh $(NEED)

deps:
	@tests/need.sh $(PACKAGES)

test-deps:
	@tests/need.sh $(PACKAGES) $(RUN_PACKAGES) $(TEST_PACKAGES)

check-deps:
	@tests/need.sh $(PACKAGES) $(RUN_PACKAGES) $(TEST_PACKAGES) $(CHECK_PACKAGES)

bench-deps:
	@tests/need.sh $(PACKAGES) $(RUN_PACKAGES) $(BENCH_PACKAGES)

static-deps:
	@tests/need.sh $(STATIC_PACKAGES)

fuzz-deps:
	@tests/need.sh $(PACKAGES) $(FUZZ_PACKAGES)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
