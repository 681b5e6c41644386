#!/bin/sh
# SPDX-License-Identifier: MIT
# Puts what the container has besides Debian's packages below ROOT:
#
#     BUILD=build/release container/install.sh ROOT
set -eu
cd "$(dirname "$0")/.."
: "${BUILD:=build/release}"
lib=$1/usr/lib/kimi-proxy
share=$1/usr/share/kimi-proxy

for program in kimi.fcgi kimi.cgi; do
	install -D -s -m 755 "$BUILD/$program" "$lib/$program"
done
ln -sf kimi.cgi "$lib/kimi-proxy"
install -D -m 755 container/command.sh "$1/usr/bin/kimi-proxy"
install -D -m 644 container/settings.sh "$share/container/settings.sh"
install -D -m 644 LICENSE "$share/LICENSE"
install -D -m 644 lighttpd/fastcgi.conf "$share/lighttpd/fastcgi.conf"
install -D -m 644 container/lighttpd.conf "$share/container/lighttpd.conf"
install -D -m 755 container/start.sh "$share/container/start.sh"
install -d -m 700 "$1/data"
