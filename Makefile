# GNU make. `make help` lists the targets.
VERSION	:= $(shell cat VERSION)
PREFIX	?= /usr/local
SYSCONFDIR ?= /etc
MANDIR	?= $(PREFIX)/share/man
UNITDIR	?= $(PREFIX)/lib/systemd/system
BUILD	?= build
PYTHON	?= /usr/bin/python3
CLANG	?= clang

PACKAGES := libcares libcurl libssl libcrypto lmdb libevent_core libevent_extra \
	libbsd-overlay libidn2 libpsl jansson libseccomp zlib
# What is missing here is told when something is compiled.
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) \
	-lresolv -pthread

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wformat=2 -Wvla \
	-Wimplicit-fallthrough -Wnull-dereference
# By whatever name it is called: "cc" is usually gcc.
ifneq ($(findstring Free Software Foundation,$(shell $(CC) --version 2>/dev/null)),)
WARNINGS += -Wlogical-op -Wduplicated-cond -Wduplicated-branches
endif
ifdef CI
WARNINGS += -Werror
endif

# OPT is what asan, tsan and coverage builds replace.
OPT	?= -O3 -D_FORTIFY_SOURCE=2 -fstack-protector-strong
CFLAGS	?= -g
# What checks itself opens files, and makes calls, of its own.
ifneq ($(findstring -fsanitize,$(OPT))$(findstring --coverage,$(OPT)),)
SANDBOX_FLAGS := -DWITHOUT_SANDBOX
endif
ALL_CPPFLAGS = -Iinclude -D_GNU_SOURCE -DCARES_NO_DEPRECATED \
	-DVERSION='"$(VERSION)"' -DSYSCONFDIR='"$(SYSCONFDIR)"' \
	$(SANDBOX_FLAGS) $(CPPFLAGS)
# The bytes do not depend on where they are made; only coverage asks where.
ifeq ($(findstring --coverage,$(OPT)),)
MAP_FLAGS := -ffile-prefix-map=$(CURDIR)=.
endif
ALL_CFLAGS = -std=c11 -fPIE -pthread $(MAP_FLAGS) $(WARNINGS) $(OPT) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(OPT) $(LDFLAGS)

LAYERS	:= daemon ctl check cache net postfix sts base
PROGRAMS := $(patsubst src/%.c,$(BUILD)/%,$(wildcard src/*.c))
LIBS	:= $(foreach l,$(LAYERS),$(if $(wildcard src/$l/*.c),$(BUILD)/lib$l.a))
UNIT	:= $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/test_*.c))
TOOLS	:= $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c))
PRELOAD	:= $(patsubst %.c,$(BUILD)/%.so,$(wildcard tests/crash/*.c \
	tests/soak/*.c))
BENCH	:= $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
FUZZ	:= $(BUILD)/tests/fuzz/fuzz
SCENARIO := $(if $(wildcard tests/scenario/*.c),$(BUILD)/tests/scenario/run)
# Short lines; V=1 shows the commands.
ifdef V
say =
else
say = @printf '  %-4s %s\n' $1 $2 &&
endif
SUDO	:= $(shell [ "$$(id -u)" = 0 ] || echo sudo)

MAKEFLAGS += --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all help run demo check check-unit check-scenario check-e2e \
	check-crash check-faults check-soak check-fuzz check-package deb crash \
	million faults soak fuzz bench deps \
	deps-check deps-lint lint asan \
	coverage tsan tsan-unit tsan-e2e memcheck reproduce install clean

all: $(PROGRAMS)

help:
	@sed -n 's/^#: //p' Makefile

define layer_rule
$(BUILD)/lib$(1).a: $(patsubst %.c,$(BUILD)/%.o,$(wildcard src/$(1)/*.c))
	@rm -f $$@
	$$(call say,AR,$$@) $$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$l)))

# Compiled again when a flag changes, not only when a source does.
FLAGS_STAMP := $(BUILD)/.flags
FLAGS_TEXT = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(FLAGS_STAMP): FORCE
	@pkg-config --print-errors --exists $(PACKAGES) || { \
	    echo 'Something is missing: "make deps" installs it.' >&2; exit 1; }
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' | cmp -s - $@ || \
	    printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' >$@
FORCE:

$(BUILD)/%.o: %.c $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(call say,CC,$<) $(CC) $(ALL_CPPFLAGS) $(PKG_CFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(PROGRAMS): $(BUILD)/%: $(BUILD)/src/%.o $(LIBS)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBS) $(PKG_LIBS)

$(UNIT): $(BUILD)/%: $(BUILD)/%.o $(LIBS)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBS) $(PKG_LIBS) -lcmocka

$(TOOLS): $(BUILD)/%: $(BUILD)/%.o $(LIBS)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBS) $(PKG_LIBS)

# Loaded into the daemon, over the system's calls: no sanitizer in them.
$(PRELOAD): $(BUILD)/%.so: %.c tests/crash/control.h
	@mkdir -p $(@D)
	$(call say,LD,$@) $(CC) $(ALL_CPPFLAGS) -std=c11 -O2 -g -fPIC -shared \
	    $(WARNINGS) -o $@ $<

$(BENCH): $(BUILD)/%: $(BUILD)/%.o $(LIBS)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $< $(LIBS) $(PKG_LIBS) -lm

# A main of its own replays; libFuzzer's takes its place in `make fuzz`.
$(FUZZ): $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/fuzz/*.c)) $(LIBS)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) $(FUZZ_LDFLAGS) -o $@ $^ \
	    $(PKG_LIBS)

# The fakes come first: what they define is not taken from the libraries.
$(BUILD)/tests/scenario/run: $(patsubst %.c,$(BUILD)/%.o,\
	$(wildcard tests/scenario/*.c)) $(LIBS)
	$(call say,LD,$@) $(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

#: make            build the programs into build/
#: make run        install what is missing, build, run in the foreground
run: deps
	$(MAKE) all
	scripts/run $(BUILD)

#: make demo       install what is missing; a policy's life on loopback
demo: deps-check
	$(MAKE) all
	$(SUDO) tests/e2e/demo $(BUILD)

#: make check      install what is missing, build, run every test
check: deps-check
	$(MAKE) all
	$(MAKE) check-unit check-scenario check-fuzz check-e2e check-crash \
	    check-faults check-soak check-package

check-unit: $(UNIT) $(PROGRAMS)
	tests/unit/run $(UNIT)

check-scenario: $(SCENARIO)
	$(if $(SCENARIO),$(SCENARIO) tests/scenario/*.scn)

check-fuzz: $(FUZZ)
	$(FUZZ) tests/fuzz/corpus

check-e2e: $(PROGRAMS) $(TOOLS) $(PRELOAD)
	$(SUDO) tests/e2e/run $(BUILD)

check-crash: $(PROGRAMS) $(TOOLS) $(PRELOAD)
	$(SUDO) tests/e2e/run $(BUILD) tests/crash

check-faults: $(PROGRAMS) $(TOOLS) $(PRELOAD)
	$(SUDO) tests/e2e/run $(BUILD) tests/faults

check-soak: $(PROGRAMS) $(TOOLS) $(PRELOAD) $(BENCH)
	$(SUDO) tests/e2e/run $(BUILD) tests/soak

# Of a build that is installed: neither with sanitizers nor for coverage.
check-package: $(PROGRAMS)
	scripts/deb $(BUILD)
	$(SUDO) tests/e2e/run $(BUILD) tests/package

#: make crash      kill -9 under load, ROUNDS=100 times: is anything lost?
ROUNDS	?= 100
crash: deps-check
	$(MAKE) all $(TOOLS) $(PRELOAD)
	$(SUDO) env CRASH_ROUNDS=$(ROUNDS) \
	    tests/e2e/run $(BUILD) tests/crash/test_kill.py

#: make million    a cache of POLICIES=1000000: start, memory, disk
POLICIES ?= 1000000
million: deps-check
	$(MAKE) all $(TOOLS) $(PRELOAD)
	$(SUDO) env CRASH_POLICIES=$(POLICIES) \
	    tests/e2e/run $(BUILD) tests/crash/test_million.py

#: make faults     every fault, every allocation that can fail: ~15 min
faults: deps-check
	$(MAKE) all $(TOOLS) $(PRELOAD)
	$(SUDO) tests/e2e/run $(BUILD) tests/crash
	$(SUDO) env FAULTS_ALL=1 FAULTS_ALLOCATIONS=$(ALLOCATIONS) \
	    tests/e2e/run $(BUILD) tests/faults
ALLOCATIONS ?= 1000000

#: make soak       everything at once for SOAK_SECONDS=600: does anything grow?
SOAK_SECONDS ?= 600
soak: deps-check
	$(MAKE) all $(TOOLS) $(PRELOAD) $(BENCH)
	$(SUDO) env SOAK_SECONDS=$(SOAK_SECONDS) tests/soak/run $(BUILD)

#: make fuzz       each fuzz target for FUZZ_SECONDS=60, or FUZZ_RUNS=10000000
#:                 executions (TARGETS="policy txt")
FUZZ_SECONDS ?= 60
fuzz: deps-lint
	$(MAKE) BUILD=$(BUILD)/fuzz CC="$(CLANG)" OPT="-O1 \
	    -fno-omit-frame-pointer -fno-sanitize-recover=all \
	    -fsanitize=address,undefined,fuzzer-no-link" \
	    CPPFLAGS=-DFUZZ_WITH_LIBFUZZER FUZZ_LDFLAGS=-fsanitize=fuzzer \
	    $(BUILD)/fuzz/tests/fuzz/fuzz
	scripts/fuzz $(BUILD)/fuzz $(FUZZ_SECONDS) $(TARGETS)

#: make deps       install what building needs (Debian packages)
deps:
	scripts/deps build

deps-check:
	scripts/deps build check

deps-lint:
	scripts/deps build check lint

#: make lint       layers, banned functions, format, static analysis, manuals
lint: deps-lint
	$(MAKE) all $(BUILD)/tests/tools/list-rules
	scripts/lint $(BUILD)

#: make asan       every test again under ASan and UBSan
asan: deps-check
	$(MAKE) BUILD=$(BUILD)/asan OPT="-O1 -fno-omit-frame-pointer \
	    -fsanitize=address,undefined -fno-sanitize-recover=all" \
	    all check-unit check-scenario check-fuzz check-e2e check-crash \
	    check-faults check-soak

#: make tsan       the cache's thread, and runs of the daemon, under TSan
TSAN_UNIT := test_cache test_cache_file test_cache_full test_loop test_lookup
TSAN_E2E := $(patsubst %,tests/e2e/test_%.py,life limits reload ctl_daemon \
	admin)
tsan: deps-check
	$(MAKE) BUILD=$(BUILD)/tsan OPT="-O1 -fno-omit-frame-pointer \
	    -fsanitize=thread" all tsan-unit tsan-e2e
	@echo 'tsan: $(words $(TSAN_UNIT)) unit programs, '\
	'$(words $(TSAN_E2E)) end-to-end files: no race'

tsan-unit: $(addprefix $(BUILD)/tests/unit/,$(TSAN_UNIT))
	tests/unit/run $^

tsan-e2e: $(PROGRAMS) $(TOOLS)
	$(SUDO) tests/e2e/run $(BUILD) $(TSAN_E2E)

#: make memcheck   unit tests of what parses and stores, under valgrind
MEMCHECK := answer buf dane dnsmsg domain entry httphead mxmatch netstring \
	nexthop override policy resolvconf smtpreply socketmap tlsrpt txt \
	verdict
memcheck: deps-lint
	$(MAKE) $(BUILD)/memcheck.list
	scripts/memcheck $$(cat $(BUILD)/memcheck.list)

$(BUILD)/memcheck.list: $(filter $(addprefix \
	$(BUILD)/tests/unit/test_,$(MEMCHECK)),$(UNIT))
	@printf '%s\n' $^ >$@

#: make reproduce  build twice in different folders: the same bytes?
reproduce: deps
	scripts/reproduce CC='$(CC)'

#: make coverage   every test, then the lines it reached
coverage: deps-lint
	rm -rf $(BUILD)/coverage
	$(MAKE) BUILD=$(BUILD)/coverage OPT="-O0 --coverage" \
	    all check-unit check-scenario check-fuzz check-e2e check-crash \
	    check-faults check-soak
	scripts/coverage $(BUILD)/coverage

#: make bench      the daemon beside servers that do less (QUICK=1: shorter;
#:                 PARTS="copy cached beside first check")
bench: deps-check
	$(MAKE) all $(BENCH) $(TOOLS)
	$(SUDO) env QUICK=$(QUICK) tests/e2e/namespace tests/bench/run $(BUILD) \
	    $(PARTS)

#: make install    programs, manuals, sample configuration, units, completion
#:                 (DESTDIR, PREFIX)
install: all
	scripts/install '$(DESTDIR)' '$(PREFIX)' '$(SYSCONFDIR)' '$(MANDIR)' \
	    '$(UNITDIR)' $(PROGRAMS)

#: make deb        the Debian package, in build/deb
deb: deps-check
	$(MAKE) all
	scripts/deb $(BUILD)

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
