#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs the named Debian packages that are missing, without questions.
# PACKAGE=COMMAND counts as installed if the command exists. Needs no root
# rights if nothing is missing. Servers are not started or enabled: only their
# programs are needed, not services on this machine.
#
#     tests/need.sh PACKAGE[=COMMAND]...
set -eu

is_there() {
	case $1 in
	*=*) command -v "${1#*=}" >/dev/null ;;
	*) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
	esac
}

missing=
for package; do
	is_there "$package" || missing="$missing ${package%%=*}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "missing packages:$missing (run as root, or install sudo)" >&2
		exit 1
	}
	exec sudo "$0" "$@"
fi

echo "installing:$missing"
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
for server in lighttpd apache2 nginx; do
	case " $missing " in
	*" $server"*) ;;
	*) continue ;;
	esac
	[ ! -d /run/systemd/system ] || systemctl disable --quiet $server || true
done
