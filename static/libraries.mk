# SPDX-License-Identifier: MIT
# For one ARCH, the libraries of static programs, from the sources that fetch.sh
# has got: $(OUT)/libraries.a, $(OUT)/openssl/libssl.a and libcrypto.a; and
# $(OUT)/cc, a compiler of static programs. The program of each library's own
# build is used where it must find something out; otherwise its sources are just
# compiled, as that takes a third of the time.

FOLDER := $(CURDIR)/build/static/libraries
ARCH := amd64
MACHINE_amd64 := x86_64
MACHINE_arm64 := aarch64
MACHINE := $(MACHINE_$(ARCH))
OPENSSL_amd64 := linux-x86_64
OPENSSL_arm64 := linux-aarch64

SOURCE := $(FOLDER)/source
OUT := $(FOLDER)/$(ARCH)
ROOT := $(OUT)/sysroot/usr
MUSL := $(ROOT)/include/$(MACHINE)-linux-musl
CC := $(OUT)/cc
CFLAGS := -Os -fPIC -ffunction-sections -fdata-sections \
	-fno-asynchronous-unwind-tables -fno-unwind-tables \
	-Werror=implicit-function-declaration
Q := $(if $(filter 1,$(V)),,@)

.DELETE_ON_ERROR:
.PHONY: all
all: $(OUT)/libraries.a $(OUT)/openssl/libssl.a
	@:

# --- The compiler ------------------------------------------------------------
# Debian's specs of musl expect it below /usr and make programs that need a
# loader. The kernel's headers, which it has none of, go beside its own. OpenSSL
# asks for the assembler's version: one that is too old for AVX saves 0.8 MB.
$(CC): static/libraries.mk $(FOLDER)/versions
	@echo "  BUILD libraries for $(ARCH) (some minutes)"
	$(Q)sed -e 's#/usr/#$(ROOT)/#g' -e 's/Scrt1/rcrt1/' \
		-e 's/-dynamic-linker [^ ]*/-static -pie --no-dynamic-linker -z text/' \
		$(ROOT)/lib/$(MACHINE)-linux-musl/musl-gcc.specs >$(OUT)/specs
	$(Q)ln -sfn ../linux ../asm-generic $(MUSL)
	$(Q)ln -sfn ../$(MACHINE)-linux-gnu/asm $(MUSL)/asm
	$(Q)printf '%s\n' '#!/bin/sh' 'case "$$*" in *-Wa,-v*)' \
		'echo "GNU assembler version 2.18"; exit ;; esac' \
		'exec $(MACHINE)-linux-gnu-gcc -specs=$(OUT)/specs "$$@"' >$@
	$(Q)chmod +x $@

# --- OpenSSL, for the TLS of a client ----------------------------------------
# Without what TLS 1.2 and 1.3 do not need.
OPENSSL_WITHOUT := shared tests dso module engine async legacy comp \
	autoload-config ui-console srp psk dtls ssl3 tls1 tls1_1 ts cms cmp ct \
	ocsp rfc3779 md4 mdc2 rmd160 whirlpool bf blake2 camellia cast des \
	idea rc2 rc4 rc5 seed aria sm2 sm3 sm4 siphash scrypt dh dsa ec2m \
	nextprotoneg afalgeng capieng deprecated makedepend \
	quic ml-dsa ml-kem slh-dsa argon2 http winstore lms

$(OUT)/openssl/Makefile: $(CC)
	$(Q)rm -rf $(@D) && mkdir -p $(@D)
	$(Q)cd $(@D) && $(SOURCE)/openssl/Configure $(OPENSSL_$(ARCH)) \
		--prefix=/usr --openssldir=/etc/ssl --release CC=$(CC) \
		CFLAGS='$(CFLAGS)' \
		$$(for each in $(OPENSSL_WITHOUT); do \
			grep -q "\"$$each\"" $(SOURCE)/openssl/Configure && \
			echo no-$$each; done) >configure.log 2>&1 || \
		{ cat configure.log >&2; exit 1; }

$(OUT)/openssl/include/openssl/ssl.h: $(OUT)/openssl/Makefile
	$(Q)$(MAKE) -s -C $(OUT)/openssl build_generated \
		>$(OUT)/openssl/make.log 2>&1 || \
		{ cat $(OUT)/openssl/make.log >&2; exit 1; }
	$(Q)touch $@

$(OUT)/openssl/libssl.a: $(OUT)/openssl/include/openssl/ssl.h
	@echo "  AR $(@:$(CURDIR)/%=%)"
	$(Q)$(MAKE) -s -C $(@D) libcrypto.a libssl.a >$(@D)/make.log 2>&1 || \
		{ cat $(@D)/make.log >&2; exit 1; }
	$(Q)touch $@

# --- curl's configuration ----------------------------------------------------
# TLS is switched on below; that way it need not wait for OpenSSL.
CURL_WITHOUT := ssl zlib brotli zstd nghttp2 libpsl libidn2 librtmp libgsasl \
	ca-bundle ca-path
CURL_DISABLED := shared ldap ftp file rtsp dict telnet tftp pop3 imap smtp smb \
	gopher mqtt manual ntlm ntlm-wb kerberos-auth negotiate-auth aws doh \
	cookies alt-svc hsts unix-sockets dateparse netrc mime libcurl-option \
	get-easy-options tls-srp dnsshuffle progress-meter headers-api

$(OUT)/curl/lib/curl_config.h: $(CC)
	$(Q)mkdir -p $(OUT)/curl
	$(Q)cd $(OUT)/curl && $(SOURCE)/curl/configure CC=$(CC) \
		--host=$(MACHINE)-linux-musl --enable-static \
		$(addprefix --without-,$(CURL_WITHOUT)) \
		$(addprefix --disable-,$(CURL_DISABLED)) >configure.log 2>&1 || \
		{ cat configure.log >&2; exit 1; }
	$(Q)touch $@

# --- SQLite, in one file as its authors recommend ------------------------------
$(OUT)/sqlite3/sqlite3.c: $(CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(MAKE) -s -C $(@D) -f $(SOURCE)/sqlite3/Makefile.linux-gcc \
		TOP=$(SOURCE)/sqlite3 sqlite3.c >$(@D)/make.log 2>&1 || \
		{ cat $(@D)/make.log >&2; exit 1; }
	$(Q)touch $@

# --- Headers that the other libraries' own builds would make -------------------
PCRE2 := $(OUT)/pcre2/config.h $(OUT)/pcre2/pcre2.h
$(PCRE2): $(OUT)/pcre2/%: $(SOURCE)/pcre2/src/%.generic
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

$(OUT)/pcre2/pcre2_chartables.c: $(SOURCE)/pcre2/src/pcre2_chartables.c.dist
	$(Q)mkdir -p $(@D)
	$(Q)cp $< $@

$(OUT)/libfcgi/fcgi_config.h: $(CC)
	$(Q)mkdir -p $(@D)
	$(Q)printf '#define HAVE_%s 1\n' LIMITS_H NETDB_H NETINET_IN_H SOCKLEN \
		SYS_PARAM_H SYS_SOCKET_H SYS_TIME_H SYS_TYPES_H UNISTD_H >$@

# --- What is compiled --------------------------------------------------------
LIST_cjson := cJSON.c
LIST_curl := lib/*.c lib/*/*.c
LIST_libfcgi := libfcgi/fcgiapp.c libfcgi/os_unix.c
LIST_nettle := base*code.c chacha*.c memeql-sec.c memxor*.c poly1305*.c \
	sha256*.c write-*.c
LIST_pcre2 := src/pcre2_*.c
LIST_zlib := adler32.c crc32.c inf*.c zutil.c
LIST_brotli := c/common/*.c c/dec/*.c
LIST_libzstd := lib/common/*.c lib/decompress/*.c
LIBRARIES := cjson curl libfcgi nettle pcre2 zlib brotli libzstd

# What configure found out is true with its own flags.
FLAGS_curl := -DHAVE_CONFIG_H -DBUILDING_LIBCURL -DUSE_OPENSSL \
	$$(sed -n 's/^CPPFLAGS = //p' $(OUT)/curl/lib/Makefile) \
	-I$(SOURCE)/curl/include -I$(SOURCE)/curl/lib -I$(OUT)/curl/lib \
	-I$(OUT)/openssl/include -I$(SOURCE)/openssl/include
FLAGS_libfcgi := -I$(OUT)/libfcgi -I$(SOURCE)/libfcgi/include
FLAGS_nettle := -I$(SOURCE)
FLAGS_pcre2 := -DHAVE_CONFIG_H -DPCRE2_CODE_UNIT_WIDTH=8 -DPCRE2_STATIC \
	-DSUPPORT_UNICODE -DSUPPORT_JIT -I$(OUT)/pcre2 -I$(SOURCE)/pcre2/src
FLAGS_zlib := -DHAVE_UNISTD_H
FLAGS_brotli := -I$(SOURCE)/brotli/c/include
FLAGS_libzstd := -DZSTD_DISABLE_ASM
FLAGS_sqlite3 := -O2 -DSQLITE_THREADSAFE=1 -DSQLITE_OMIT_LOAD_EXTENSION

objects := $(foreach each,$(LIBRARIES),$(patsubst $(SOURCE)/%.c,$(OUT)/%.o,\
	$(wildcard $(addprefix $(SOURCE)/$(each)/,$(LIST_$(each))))))
# Included by others, or only for other systems.
not_compiled := jit_match jit_misc jit_test ucptables dftables fuzzsupport printint
objects := $(filter-out $(not_compiled:%=$(OUT)/pcre2/src/pcre2_%.o),$(objects)) \
	$(OUT)/pcre2/pcre2_chartables.o $(OUT)/sqlite3/sqlite3.o

library = $(firstword $(subst /, ,$(@:$(OUT)/%=%)))
compile = $(Q)mkdir -p $(@D) && $(CC) $(CFLAGS) $(FLAGS_$(library)) -c $< -o $@

$(OUT)/%.o: $(SOURCE)/%.c $(CC)
	$(compile)

$(OUT)/%.o: $(OUT)/%.c $(CC)
	$(compile)

$(filter $(OUT)/curl/%,$(objects)): $(OUT)/curl/lib/curl_config.h \
	$(OUT)/openssl/include/openssl/ssl.h
$(filter $(OUT)/pcre2/%,$(objects)): $(PCRE2)
$(filter $(OUT)/libfcgi/%,$(objects)): $(OUT)/libfcgi/fcgi_config.h

$(OUT)/libraries.a: $(objects)
	@echo "  AR $(@:$(CURDIR)/%=%)"
	$(Q)rm -f $@ && ar rcs $@ $^
