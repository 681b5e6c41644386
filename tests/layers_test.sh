#!/bin/sh
# SPDX-License-Identifier: MIT
# Each rule of tests/layers.sh, on a small tree with one fault.
set -u
cd "$(dirname "$0")" || exit 1
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
trap 'exit 1' INT TERM
n=0

# put FILE: writes the standard input there.
put() {
	mkdir -p "$tree/$(dirname "$1")"
	cat >"$tree/$1"
}

# A tree in order, which says what a rule could mistake for a fault.
begin() {
	rm -rf "${tree:?}"/*
	mkdir -p "$tree/cgi" "$tree/fcgi"
	put shared/base/arena.h <<-'END'
		#include <stddef.h>
		void *arena_alloc(struct arena *a,
				  size_t n);
	END
	put shared/base/arena.c <<-'END'
		#include "base/arena.h"
		#include <nettle/sha2.h>
		void *arena_alloc(struct arena *a, size_t n)
		{
			return "\"upstream_web"; /* openai_chat */
		}
	END
	put shared/http/sse.h <<-'END'
		#include "base/arena.h"
		enum sse { SSE };
		enum sse sse_feed(const char *p);
	END
	put shared/http/sse.c <<-'END'
		#include "http/sse.h"
		static int helper(void)
		{
			return puts("a file of its own");
		}
		enum sse sse_feed(const char *p)
		{
			return SSE;
		}
	END
	put shared/upstream/web/parts_internal.h <<-'END'
		bool web_feed(const char *p);
	END
	put shared/upstream/web/current.c <<-'END'
		#include "upstream/web/parts_internal.h"
		/*
		 * As openai_chat does.
		 */
		const struct upstream upstream_web = { .name = "kimi-web" };
		bool web_feed(const char *p)
		{
			return messages_openai_chat; // dialect_of
		}
	END
	put shared/app/routes.h <<-'END'
		handler serve_chat, serve_items;
		void serve_models(struct exchange *x);
	END
	put shared/app/serve/chat.c <<-'END'
		#include "app/routes.h"
		#include "app/relay/relay.h"
		/* Never "kimi-k2" or upstream_web. */
		void serve_chat(struct exchange *x)
		{
			use("Kimi", "kimi-proxy", "the kimi-k2", 'k', upstream_webs);
		}
	END
	put shared/app/relay/relay.h <<-'END'
		#include "http/sse.h"
	END
	put cgi/main.c <<-'END'
		#include "app/routes.h"
		int main(void)
		{
			return 0;
		}
	END
}

# check TITLE FINDING...: the tree has exactly those.
check() {
	title=$1
	shift
	n=$((n + 1))
	is=$(./layers.sh "$tree")
	status=$?
	should=$([ $# -eq 0 ] || printf '%s\n' "$@")
	if [ "$is" = "$should" ] && [ $status -eq $(($# > 0)) ]; then
		echo "ok $n - $title"
	else
		echo "not ok $n - $title"
		printf 'status %s\n%s\n' "$status" "$is" | sed 's/^/# /'
	fi
	begin
}

begin
check 'a tree in order has no findings'

put shared/http/sse.h <<-'END'
	#include "chat/chat.h"
END
put shared/chat/chat.h </dev/null
sed -i '1s/^/enum sse sse_feed(const char *p);\n/' "$tree/shared/http/sse.h"
check 'a file includes nothing after it in the order' \
	'shared/http/sse.h:2: http includes chat/chat.h'

put shared/app/app.h <<-'END'
	#include "app/relay/relay.h"
END
check 'a folder comes before its wings' \
	'shared/app/app.h:1: app includes app/relay/relay.h'

put shared/dialect/openai/chat.h </dev/null
put shared/dialect/anthropic/messages.h <<-'END'
	#include "dialect/openai/chat.h"
END
check 'wings side by side do not include each other' \
	'shared/dialect/anthropic/messages.h:1: dialect/anthropic includes dialect/openai/chat.h'

put shared/misc/misc.h <<-'END'
	#include "base/arena.h"
END
check 'every folder has its place in the order' \
	'shared/misc/misc.h is in no folder of the order'

put cgi/main.h <<-'END'
	#include <sqlite3.h>
END
check 'a library is included where it is wrapped' \
	'cgi/main.h:1: cgi includes sqlite3.h'

put shared/upstream/web/current.h <<-'END'
	struct dialect;
END
printf '#include "upstream/web/current.h"\n' >>"$tree/shared/upstream/web/current.c"
check 'upstream names no dialect' \
	'shared/upstream/web/current.h:1: upstream/web names a dialect: struct dialect'

put shared/emulate/prompt.c <<-'END'
	/* of
	 */ static int a = /* x */ openai_chat_model;
END
check 'emulate names no dialect' \
	'shared/emulate/prompt.c:2: emulate names a dialect: openai_chat_model'

put shared/dialect/dialect.h </dev/null
put shared/emulate/prompt.c <<-'END'
	#include "dialect/dialect.h"
END
check 'emulate includes no dialect, though those come first' \
	'shared/emulate/prompt.c:1: emulate names a dialect: dialect/dialect.h'

put shared/app/relay/relay.h <<-'END'
	static const struct upstream *first = &upstream_web;
END
check 'app names no service' \
	'shared/app/relay/relay.h:1: app/relay names a service: upstream_web'

put shared/upstream/api/code.h </dev/null
put shared/app/relay/relay.h <<-'END'
	#include "upstream/api/code.h"
END
check 'app includes no service' \
	'shared/app/relay/relay.h:1: app/relay names a service: upstream/api/code.h'

put shared/dialect/error.h <<-'END'
	static const char *const names[] = { "\"", "kimi-k2" };
END
check 'dialect knows no prefix of models' \
	'shared/dialect/error.h:1: dialect names a service: "kimi-k2"'

put shared/http/client.h <<-'END'
	/* Calls KIMI. */
END
check 'http does not say Kimi, not even in a comment' \
	'shared/http/client.h:1: shared/http says Kimi'

put shared/http/multipart.h <<-'END'
	static const char *const text = "Send the field 'purpose'.";
END
check 'http knows no field of a form' \
	"shared/http/multipart.h:1: shared/http knows a field of a form: \"Send the field 'purpose'.\""

put shared/chat/a.h <<-'END'
	#include "chat/b.h"
END
put shared/chat/b.c <<-'END'
	#include "chat/c.h"
END
put shared/chat/b.h </dev/null
put shared/chat/c.h <<-'END'
	#include "chat/a.h"
END
check 'no circle of files' \
	'circle: chat/a -> chat/b -> chat/c -> chat/a'

put shared/chat/a.c <<-'END'
	#include "chat/a_internal.h"
END
put shared/chat/a_internal.h <<-'END'
	#include "chat/a.h"
END
put shared/chat/a.h <<-'END'
	#include "base/arena.h"
END
check 'a private header is part of its file'

put shared/chat/a.c <<-'END'
	#include "chat/b.h"
END
put shared/chat/a_internal.h </dev/null
put shared/chat/b.h <<-'END'
	#include "chat/a_internal.h"
END
check 'no circle by way of a private header' \
	'circle: chat/a -> chat/b -> chat/a'

put shared/upstream/upstream.h <<-'END'
	#include "upstream/web/parts_internal.h"
END
check 'an internal header is for its folder' \
	'shared/upstream/upstream.h:1: upstream/web/parts_internal.h is private to upstream/web'

put shared/app/worker.h <<-'END'
	struct site *
	worker_serve(struct worker *w);
END
put shared/app/serving.c <<-'END'
	#include "app/worker.h"
	struct site *
	worker_serve(struct worker *w)
	{
		return NULL;
	}
END
check 'what others call has a header of its name' \
	'shared/app/serving.c has no header of its own: worker_serve is declared in app/worker.h'

put shared/app/relay/relay_internal.h <<-'END'
	void serve_chat_internal(struct exchange *x);
END
put shared/app/serve/stream.c <<-'END'
	#include "app/routes.h"
	void serve_chat_internal(struct exchange *x)
	{
	}
END
check 'an internal header is one for functions of its own folder' \
	'shared/app/serve/stream.c has no header of its own: serve_chat_internal is declared in app/relay/relay_internal.h'

echo "1..$n"
