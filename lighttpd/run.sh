#!/bin/sh
# SPDX-License-Identifier: MIT
# What `make run` does once everything is built: serves on loopback through
# lighttpd until it is stopped, then stops everything that it started.
#
#   BUILD    directory of the programs (build/release)
#   PORT     8000
#   KIMI_DB  var/kimi.db, unless the file that KIMI_CONFIG names sets it
#
# kimi.fcgi gets all other settings from the environment. Without KIMI_TOKENS a
# fake Kimi replaces Kimi.

# shellcheck disable=SC2317 # functions that only traps call

set -u
PATH=$PATH:/usr/sbin:/sbin
export LC_ALL=C

fail() {
	echo "make run: $*" >&2
	exit 1
}

# in_file NAME: whether the configuration file sets it.
in_file() {
	[ -r "${KIMI_CONFIG:-}" ] &&
		grep -q "^[[:space:]]*$1[[:space:]]*=[[:space:]]*[^[:space:]#]" \
			"$KIMI_CONFIG"
}

# Without proxies and ~/.curlrc.
here_curl() {
	curl -q --noproxy '*' "$@"
}

absolute() {
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s\n' "$PWD/$1" ;;
	esac
}

here=$(cd "$(dirname "$0")" && pwd) || exit 1
PORT=${PORT:-8000}
case $PORT in
*[!0-9]* | ??????* | 0* | "") PORT=0 ;;
esac
if [ "$PORT" -lt 1 ] || [ "$PORT" -gt 65535 ]; then
	fail "PORT must be a number from 1 to 65535"
fi
base=http://127.0.0.1:$PORT

KIMI_RUN_PROGRAMS=$(absolute "${BUILD:-build/release}")
KIMI_RUN_PORT=$PORT
export KIMI_RUN_PROGRAMS KIMI_RUN_PORT
if [ -n "${KIMI_LOG:-}" ]; then
	KIMI_LOG=$(absolute "$KIMI_LOG")
	export KIMI_LOG
fi
if [ -n "${KIMI_CONFIG:-}" ]; then
	KIMI_CONFIG=$(absolute "$KIMI_CONFIG")
	export KIMI_CONFIG
fi
if [ -z "${KIMI_DB:-}" ] && in_file KIMI_DB; then
	unset KIMI_DB
else
	KIMI_DB=$(absolute "${KIMI_DB:-var/kimi.db}")
	export KIMI_DB
	mkdir -p "$(dirname "$KIMI_DB")" ||
		fail "cannot create the directory of $KIMI_DB"
fi

for program in lighttpd curl; do
	command -v $program >/dev/null || fail "$program is not installed"
done
[ -x "$KIMI_RUN_PROGRAMS/kimi.fcgi" ] ||
	fail "$KIMI_RUN_PROGRAMS/kimi.fcgi does not exist: run make first"

# Status 7 means that nobody listens.
here_curl -s -o /dev/null --max-time 2 "$base/"
[ $? -eq 7 ] || fail "port $PORT is taken; try PORT=8001 make run"

KIMI_RUN_DIR=$(mktemp -d) || exit 1
export KIMI_RUN_DIR
lighttpd=
fake=

# Whether a process runs; one that ended but was not waited for does not.
runs() {
	[ -r "/proc/$1/stat" ] || return 1
	read -r line <"/proc/$1/stat" || return 1
	case ${line##*) } in
	Z*) return 1 ;;
	esac
} 2>/dev/null

# The programs that lighttpd started, as it starts none elsewhere.
programs() {
	grep -lzxF "$KIMI_RUN_DIR/kimi.fcgi" /proc/[0-9]*/cmdline | cut -d / -f 3
} 2>/dev/null

# ends SECONDS PID...: waits for them, and no longer.
ends() {
	patience=$(($1 * 20))
	shift
	for pid; do
		while runs "$pid"; do
			if [ "$patience" -eq 0 ]; then
				kill -KILL "$pid" 2>/dev/null
				break
			fi
			patience=$((patience - 1))
			sleep 0.05
		done
	done
}

# kimi.fcgi gets a signal, too, so that running streams end with an error.
stop() {
	trap '' INT TERM HUP PIPE
	trap - EXIT
	if [ -n "$lighttpd" ]; then
		started=$(programs)
		kill -INT "$lighttpd" 2>/dev/null
		# shellcheck disable=SC2086 # a list
		[ -z "$started" ] || kill -TERM $started 2>/dev/null
		# shellcheck disable=SC2086
		ends 10 "$lighttpd" $started
		wait "$lighttpd"
		# lighttpd may have taken the signal for a crash, and started another.
		started=$(programs)
		# shellcheck disable=SC2086
		[ -z "$started" ] || kill -TERM $started 2>/dev/null
		# shellcheck disable=SC2086
		ends 10 $started
	fi 2>/dev/null
	if [ -n "$fake" ]; then
		kill -TERM "$fake"
		ends 3 "$fake"
		wait "$fake"
	fi 2>/dev/null
	rm -rf "$KIMI_RUN_DIR"
	exit "$1"
}
trap 'stop 0' INT TERM HUP PIPE
trap 'stop 1' EXIT

start_fake() {
	[ -x "$KIMI_RUN_PROGRAMS/fake_kimi" ] ||
		fail "KIMI_TOKENS is empty, and the fake Kimi is not built"
	: >"$KIMI_RUN_DIR/fake"
	"$KIMI_RUN_PROGRAMS/fake_kimi" --port 0 >"$KIMI_RUN_DIR/fake" &
	fake=$!
	until read -r _ _ _ url <"$KIMI_RUN_DIR/fake"; do
		runs "$fake" || fail "the fake Kimi did not start"
		sleep 0.1
	done
	KIMI_TOKENS=web:a-refresh-token-for-the-fake,platform:sk-for-the-fake
	KIMI_WEB_URL=$url
	MOONSHOT_URL=$url/v1
	KIMI_CODE_URL=$url/coding/v1
	export KIMI_TOKENS KIMI_WEB_URL MOONSHOT_URL KIMI_CODE_URL
}

start_lighttpd() {
	# lighttpd splits the program's path at blanks.
	ln -s "$KIMI_RUN_PROGRAMS/kimi.fcgi" "$KIMI_RUN_DIR/kimi.fcgi"
	lighttpd -D -f "$here/run.conf" &
	lighttpd=$!
	waited=0
	until head=$(here_curl -fs -o /dev/null -D - --max-time 2 \
		"$base/healthz"); do
		case $head in
		*x-request-id:*) fail "kimi.fcgi cannot serve: see its log" ;;
		esac
		runs "$lighttpd" || fail "lighttpd did not start"
		waited=$((waited + 1))
		[ $waited -lt 600 ] || fail "no answer from $base/healthz"
		sleep 0.05
	done
}

# Any model that the credentials have.
first_model() {
	here_curl -fs --max-time 5 "$base/v1/models" |
		grep -o '"id": *"[^"]*"' | head -n 1 | cut -d '"' -f 4
}

say() {
	echo
	echo "kimi-proxy is serving on $base/v1"
	echo
	if [ -n "$fake" ]; then
		echo "  upstream  a FAKE Kimi on $url that only echoes,"
		echo "            because KIMI_TOKENS is empty"
	else
		echo "  upstream  Kimi, with your credentials"
	fi
	echo "  database  ${KIMI_DB:-KIMI_DB of $KIMI_CONFIG}"
	echo "  log       ${KIMI_LOG:-here}"
	if [ -n "${DEFAULT_AUTHKEYS:-}" ] || in_file DEFAULT_AUTHKEYS; then
		key="\$KEY"
		echo "  key       set KEY to one of DEFAULT_AUTHKEYS"
	else
		key=sk-default
		echo "  key       sk-default, from this machine only" \
			"(others: kimi-proxy key add NAME)"
	fi
	url=$base/v1/chat/completions
	auth="-H \"Authorization: Bearer $key\""
	cat <<-END

	A question:
	  curl $url $auth --json '{"model":"$model","messages":[{"role":"user","content":"Hello"}]}'

	The same as a stream:
	  curl -N $url $auth --json '{"model":"$model","stream":true,"messages":[{"role":"user","content":"Hello"}]}'

	A conversation that the server remembers:
	  curl $url/my-first $auth --json '{"model":"$model","messages":[{"role":"user","content":"My name is Ann."}]}'
	  curl $url/my-first $auth --json '{"model":"$model","messages":[{"role":"user","content":"Can you recall my name?"}]}'

	Ctrl-C stops it.

	END
}

[ -n "${KIMI_TOKENS:-}" ] || in_file KIMI_TOKENS || start_fake
start_lighttpd
model=$(first_model)
model=${model:-k2}
say
wait "$lighttpd"
fail "lighttpd exited"
