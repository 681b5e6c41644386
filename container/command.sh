#!/bin/sh
# SPDX-License-Identifier: MIT
# kimi-proxy in the container, with its settings: docker exec NAME kimi-proxy …
# shellcheck source=container/settings.sh
. /usr/share/kimi-proxy/container/settings.sh
exec /usr/lib/kimi-proxy/kimi-proxy "$@"
