#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what was built in BUILD, with its manuals and configuration files,
# below PREFIX, or removes all of it:
#
#     fcgi/install.sh install|uninstall
#
# With DESTDIR before all paths it changes nothing else on this system, as
# packages need it. Without, and as root, it also makes the user kimi-proxy.
set -eu
cd "$(dirname "$0")/.."
: "${BUILD:=build/release}" "${PREFIX:=/usr/local}" "${DESTDIR:=}"
case $PREFIX in
/usr | /usr/local) etc=/etc ;;
*) etc=$PREFIX/etc ;;
esac
sample=$PREFIX/share/kimi-proxy/kimi.conf.example
conf=$etc/kimi-proxy/kimi.conf

# Mode, file and destination of each.
files() {
	for file in "$BUILD/kimi.fcgi" "$BUILD/kimi.cgi"; do
		echo "755 $file $PREFIX/lib/kimi-proxy/${file##*/}"
	done
	for file in apache/* lighttpd/* nginx/*; do
		case $file in
		*/run.*) ;; # of make run
		*) echo "644 $file $PREFIX/share/kimi-proxy/$file" ;;
		esac
	done
	for file in cgi/*.[1578] fcgi/*.8; do
		echo "644 $file $PREFIX/share/man/man${file##*.}/${file##*/}"
	done
	cat <<-END
		644 cgi/completion/kimi-proxy.bash $PREFIX/share/bash-completion/completions/kimi-proxy
		644 cgi/completion/_kimi-proxy $PREFIX/share/zsh/site-functions/_kimi-proxy
		644 cgi/completion/kimi-proxy.fish $PREFIX/share/fish/vendor_completions.d/kimi-proxy.fish
		644 cgi/kimi.conf.example $sample
		644 fcgi/kimi-proxy.service $PREFIX/lib/systemd/system/kimi-proxy.service
		644 fcgi/kimi-proxy.socket $PREFIX/lib/systemd/system/kimi-proxy.socket
		644 fcgi/kimi-proxy.sysusers $PREFIX/lib/sysusers.d/kimi-proxy.conf
		644 fcgi/kimi-proxy.tmpfiles $PREFIX/lib/tmpfiles.d/kimi-proxy.conf
		644 fcgi/kimi-proxy.logrotate $etc/logrotate.d/kimi-proxy
	END
}

# The command, which is kimi.cgi.
command=$PREFIX/bin/kimi-proxy

# copy MODE FILE DESTINATION: with the paths of this installation.
copy() {
	install -D -m "$1" "$2" "$DESTDIR$3"
	case $2 in
	fcgi/kimi-proxy.* | *.example)
		sed -e '/^# make docs:/d' -e "s|/usr/local/|$PREFIX/|g" \
			-e "s|/etc/|$etc/|g" "$2" >"$DESTDIR$3"
		;;
	esac
}

# Whether these files are for this very system, which may have systemd.
here() {
	[ -z "$DESTDIR" ] && [ "$(id -u)" = 0 ]
}

systemd_runs() {
	here && [ -d /run/systemd/system ]
}

own_user() {
	command -v systemd-sysusers >/dev/null || {
		echo "There is no systemd, so the user kimi-proxy was not" \
			"created: see step 3 of nginx/README.md."
		return
	}
	systemd-sysusers "$PREFIX/lib/sysusers.d/kimi-proxy.conf"
	systemd-tmpfiles --create "$PREFIX/lib/tmpfiles.d/kimi-proxy.conf"
}

# The settings of an earlier installation stay as they are.
settings() {
	[ ! -e "$DESTDIR$conf" ] || return 0
	copy 640 cgi/kimi.conf.example "$conf"
	if here && getent group kimi-proxy >/dev/null; then
		chgrp kimi-proxy "$conf"
	fi
}

install_all() {
	files | while read -r mode file destination; do
		copy "$mode" "$file" "$destination"
	done
	mkdir -p "$DESTDIR$PREFIX/bin"
	ln -sf ../lib/kimi-proxy/kimi.cgi "$DESTDIR$command"
	rm -f "$DESTDIR$PREFIX/share/kimi-proxy/kimi-proxy.service" # of 0.2
	! here || own_user
	settings
	! systemd_runs || systemctl daemon-reload
	if here && [ -e /etc/systemd/system/kimi-proxy.service ]; then
		echo "/etc/systemd/system/kimi-proxy.service is older, and used" \
			"instead: see \"Upgrading\" in README.md."
	fi
	echo "installed under $DESTDIR$PREFIX; next: nginx/README.md, or that of" \
		"your web server"
}

# Folders of our own, the inner ones first.
folders() {
	for name in apache lighttpd nginx ''; do
		echo "$PREFIX/share/kimi-proxy/$name"
	done
	echo "$PREFIX/lib/kimi-proxy"
	kept_folders
}

kept_folders() {
	echo "$etc/kimi-proxy"
	echo /var/lib/kimi-proxy
	echo /var/log/kimi-proxy
}

# Files in /etc may be of an installation elsewhere.
any_installed() {
	files | {
		while read -r _ _ destination; do
			case $destination in "$PREFIX"/*)
				[ ! -e "$DESTDIR$destination" ] || exit 0
				;;
			esac
		done
		exit 1
	}
}

uninstall_all() {
	if ! any_installed; then
		echo "nothing is installed under $DESTDIR$PREFIX: give the PREFIX" \
			"of make install"
		return
	fi
	if systemd_runs; then
		# It fails if they are those of an older installation.
		systemctl disable --now kimi-proxy.socket kimi-proxy.service || :
	fi
	# Nobody misses settings that are not their own.
	if cmp -s "$DESTDIR$sample" "$DESTDIR$conf"; then
		rm "$DESTDIR$conf"
	fi
	files | while read -r _ _ destination; do
		rm -f "$DESTDIR$destination"
	done
	rm -f "$DESTDIR$command"
	folders | while read -r folder; do
		rmdir "$DESTDIR$folder" 2>/dev/null || :
	done
	! systemd_runs || systemctl daemon-reload
	kept_folders | while read -r folder; do
		[ ! -e "$DESTDIR$folder" ] || echo "kept: $DESTDIR$folder"
	done
	if here && getent passwd kimi-proxy >/dev/null; then
		echo "kept: the user kimi-proxy"
	fi
	! here || echo "Remove from your web server the lines that include our" \
		"files, and stop kimi.fcgi if it still runs."
}

"${1}_all"
