# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Where the settings of the container are, for the server and the command.
if [ -e /data/kimi.conf ]; then
	export KIMI_CONFIG=/data/kimi.conf
else
	export KIMI_DB="${KIMI_DB:-/data/kimi.db}"
fi
