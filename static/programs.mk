# SPDX-License-Identifier: MIT
# For MODE=static: programs that map no shared library, for ARCH.

ARCH ?= amd64
STATIC_FOLDER := $(CURDIR)/build/static/libraries
STATIC_SOURCE := $(STATIC_FOLDER)/source
STATIC_OUT := $(STATIC_FOLDER)/$(ARCH)
CC := $(STATIC_OUT)/cc
CFLAGS_static := -O2 -ffunction-sections -fdata-sections \
	-fno-asynchronous-unwind-tables -fno-unwind-tables \
	-fstack-protector-strong -fstack-clash-protection
LDFLAGS := -s -Wl,--gc-sections -Wl,-z,relro,-z,now
CPPFLAGS += -DCURL_STATICLIB $(addprefix -isystem ,$(STATIC_FOLDER)/include \
	$(STATIC_SOURCE) $(STATIC_SOURCE)/curl/include \
	$(STATIC_SOURCE)/libfcgi/include $(STATIC_SOURCE)/zlib \
	$(STATIC_SOURCE)/brotli/c/include $(STATIC_SOURCE)/libzstd/lib \
	$(STATIC_OUT)/pcre2 $(STATIC_OUT)/sqlite3)
LDLIBS = $(addprefix $(STATIC_OUT)/,libraries.a openssl/libssl.a \
	openssl/libcrypto.a)
LDLIBS_FCGI :=
ARCHIVES :=
# What is loaded at run time elsewhere.
SHARED := $(filter-out shared/base/library.c,$(SHARED)) static/library.c
