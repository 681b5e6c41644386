#!/bin/sh
# SPDX-License-Identifier: MIT
# The first process of the container: serves until it gets SIGTERM or SIGINT,
# then lets running requests end. All else would be killed if it ended first.

# shellcheck disable=SC2317 # functions that only traps call

set -u
umask 077
PATH=$PATH:/usr/sbin

fail() {
	echo "kimi-proxy: $*" >&2
	exit 1
}

# Whether any of the processes runs.
any_runs() {
	for pid; do
		kill -0 "$pid" 2>/dev/null && return 0
	done
	return 1
}

# shellcheck disable=SC2086 # a list
stop() {
	trap '' TERM INT HUP
	[ -n "$lighttpd" ] || exit 0
	read -r programs <"/proc/$lighttpd/task/$lighttpd/children" || :
	kill -INT "$lighttpd"
	[ -z "$programs" ] || kill -TERM $programs
	# They end in about 7 s; container engines wait for 10.
	left=180
	while [ $left -gt 0 ] && any_runs "$lighttpd" $programs; do
		left=$((left - 1))
		sleep 0.05
	done
	rm -rf "$KIMI_RUN_DIR"
	exit 0
}

programs='' lighttpd=''
trap 'stop' TERM INT HUP
# Another container may use the same /data, in a rolling update for one.
KIMI_RUN_DIR=/data/tmp/$(cat /proc/sys/kernel/hostname)
export KIMI_RUN_DIR
rm -rf "$KIMI_RUN_DIR"
mkdir -p "$KIMI_RUN_DIR" ||
	fail "/data cannot be written by user $(id -u): change its owner"
# shellcheck source=container/settings.sh
. /usr/share/kimi-proxy/container/settings.sh

lighttpd -D -f /usr/share/kimi-proxy/container/lighttpd.conf &
lighttpd=$!
wait "$lighttpd"
fail "lighttpd ended, with status $?"
