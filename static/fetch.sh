#!/bin/sh
# SPDX-License-Identifier: MIT
# Fetches what kimi.cgi and kimi.fcgi are linked with by `make static`: the
# sources of libraries, and for each processor the C library musl and the
# kernel's headers. They are of this machine's release of Debian and come from
# the mirrors that apt uses; nothing is installed, and apt's own lists and
# settings stay as they are.
#
#     static/fetch.sh FOLDER ARCHITECTURE...
#
#   FOLDER/source/PACKAGE/       the sources, with Debian's patches
#   FOLDER/ARCHITECTURE/sysroot/ as in /, unpacked from Debian's packages
#   FOLDER/versions              a line for each: name, version
set -eu

sources='cjson curl libfcgi openssl sqlite3 nettle pcre2 zlib brotli libzstd'

mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
apt=$folder/apt
keys=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/files"

# The release of this machine on its mirrors, with updates.
# shellcheck disable=SC2016 # apt-get puts in the values
apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(SITE) $(RELEASE)' \
	'Created-By: Packages' | awk -v option="[signed-by=$keys]" '
	$1 == "Debian" && $2 == "main" && !seen[$3, $4]++ {
		print "deb", option, $3, $4, "main"
		print "deb-src", option, $3, $4, "main"
	}' >"$apt/sources.list"
[ -s "$apt/sources.list" ] || {
	echo "apt knows no release of Debian: run apt-get update" >&2
	exit 1
}
{
	cat <<EOF
Dir::Etc::SourceList "$apt/sources.list";
Dir::Etc::SourceParts "-";
Dir::State::Lists "$apt/lists";
Dir::Cache "$apt/cache";
Acquire::Languages "none";
APT::Sandbox::User "";
EOF
	printf 'APT::Architectures { "%s"; ' "$(dpkg --print-architecture)"
	printf '"%s"; ' "$@"
	echo '};'
} >"$apt/apt.conf"
export APT_CONFIG="$apt/apt.conf"
apt-get update -qq
cd "$apt/files"
: >"$folder/versions.new"

# download PACKAGE[=VERSION]...
download() {
	apt-get source -qq --only-source --download-only "$@" >log 2>&1
}

# unpack PACKAGE: whichever version is here.
unpack() {
	rm -rf "$folder/source/$1"
	for description in "$1"_*.dsc; do
		dpkg-source --no-check --no-copy -x "$description" \
			"$folder/source/$1" >>log 2>&1 || return 1
	done
	sed -n "s/^Version: /$1 /p" "$1"_*.dsc >>"$folder/versions.new"
}

# unpack_upstream PACKAGE: all that is left if the mirror has the tarball alone.
unpack_upstream() {
	tarball=$(find . -name "$1_*.orig.tar.*" ! -name '*.asc' | head -n 1)
	[ -n "$tarball" ] || {
		cat log >&2
		exit 1
	}
	rm -rf "$folder/source/$1"
	mkdir "$folder/source/$1"
	tar -xf "$tarball" --strip-components=1 -C "$folder/source/$1"
	version=$(basename "${tarball%.orig.*}" | sed 's/.*_//')
	echo "$1 $version, without Debian's changes" >>"$folder/versions.new"
	echo "note: $1 $version is used without Debian's changes;" \
		"the mirror does not have them" >&2
}

# A mirror may not have the newest version yet: then an older one.
source_package() {
	unpack "$1" && return
	for version in $(apt-cache showsrc --only-source "$1" |
		sed -n 's/^Version: //p' | sort -rV | sed 1d); do
		rm -f "$1"_*.dsc
		if download "$1=$version" && unpack "$1"; then
			echo "note: $1 $version is used;" \
				"the mirror does not have the newest yet"
			return
		fi
	done
	unpack_upstream "$1"
}

# shellcheck disable=SC2086 # a list
download $sources || true
mkdir -p "$folder/source"
for name in $sources; do
	source_package "$name"
done

# From Debian 13 on, the kernel's headers are one package for all processors.
names=
for architecture; do
	names="$names musl-dev:$architecture linux-libc-dev:$architecture"
done
# shellcheck disable=SC2046,SC2086 # lists
apt-get download -qq $names 2>log || apt-get download -qq \
	$(echo "$names" | sed 's/\(linux-libc-dev\):[^ ]*/\1/g')
for architecture; do
	root=$folder/$architecture/sysroot
	rm -rf "$root"
	mkdir -p "$root"
	for file in *_"$architecture".deb *_all.deb; do
		[ ! -f "$file" ] || dpkg-deb -x "$file" "$root"
	done
done
version=$(apt-cache show musl-dev | sed -n 's/^Version: //p' | head -n 1)
echo "musl $version" >>"$folder/versions.new"
mkdir -p "$folder/include"
ln -sfn ../source/cjson "$folder/include/cjson"
rm -rf "$apt"
mv "$folder/versions.new" "$folder/versions"
