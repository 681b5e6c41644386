#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the image of Containerfile without a container engine, for the Debian
# release and processor of this machine, from the mirror that its apt uses:
#
#     BUILD=build/release container/image.sh
#
# Leaves BUILD/image.tar, a tar of an OCI layout with the tag "latest", and with
# the manifest that docker load wants: Debian's packages are one layer, which is
# kept in build/image for a day, and ours the other.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C
: "${BUILD:=build/release}" "${SOURCE_DATE_EPOCH:=$(date +%s)}"
export SOURCE_DATE_EPOCH
base=build/image
layout=$BUILD/image

fail() {
	echo "make image: $*" >&2
	exit 1
}

# --- Debian's packages -------------------------------------------------------

# The entries of this machine's apt that are Debian's own.
sources() {
	# shellcheck disable=SC2016 # apt-get replaces them
	apt-get indextargets 'Created-By: Packages' 'Origin: Debian' \
		"Architecture: $(dpkg --print-architecture)" \
		--format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' | sort -u
}

# usrmerge would bring all of Perl, to convert what is merged from the start.
build_root() {
	[ -s "$base/sources" ] || fail "apt knows no mirror of Debian here"
	printf 'Package: usrmerge\nPin: version *\nPin-Priority: -1\n' \
		>"$base/preferences"
	mmdebstrap --variant=essential --skip=output/dev \
		--dpkgopt=force-unsafe-io \
		--include="$(paste -s -d , container/packages)" \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-include=/usr/share/doc/*/copyright' \
		--dpkgopt='path-exclude=/usr/share/info/*' \
		--dpkgopt='path-exclude=/usr/share/lintian/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
		--setup-hook="cp '$base/preferences' \"\$1/etc/apt/preferences.d\"" \
		"$VERSION_CODENAME" "$base/root.tar" - \
		<"$base/sources" >"$base/log" 2>&1 ||
		fail "mmdebstrap failed: $(tail -n 20 "$base/log")"
}

# What the layer is made from; a newer day may have newer packages.
recipe() {
	cat container/packages container/image.sh
}

root_is_fresh() {
	[ -n "$(find "$base/root.gz" -mtime -1 2>/dev/null)" ] &&
		recipe | cmp -s - "$base/recipe"
}

# --- The image ---------------------------------------------------------------

hash_of() {
	sha256sum "$1" | cut -d ' ' -f 1
}

# What is of this machine, or of the building.
strip_root() {
	tar --delete -f "$base/root.tar" ./etc/apt ./etc/hostname \
		./etc/resolv.conf ./var/cache/apt ./var/lib/apt
}

# layer NAME: compresses NAME.tar to NAME.gz, and leaves its hash in NAME.id.
layer() {
	hash_of "$1.tar" >"$1.id"
	gzip -6n <"$1.tar" >"$1.new"
	mv "$1.new" "$1.gz"
	rm "$1.tar"
}

# blob FILE: adds it to the layout, and prints how a descriptor names it.
blob() {
	hash=$(hash_of "$1")
	ln -f "$1" "$layout/blobs/sha256/$hash"
	printf '"digest": "sha256:%s", "size": %d' "$hash" "$(wc -c <"$1")"
}

# path_of FILE: where it is as a blob, in the layout.
path_of() {
	echo "blobs/sha256/$(hash_of "$1")"
}

pack_programs() {
	rm -rf "$BUILD/image-root"
	container/install.sh "$BUILD/image-root"
	mkdir "$BUILD/image-root/dev"
	tar -C "$BUILD/image-root" --sort=name --mtime="@$SOURCE_DATE_EPOCH" \
		--owner=0 --group=0 --numeric-owner \
		-cf "$BUILD/image-programs.tar" ./dev ./usr
	tar -C "$BUILD/image-root" --mtime="@$SOURCE_DATE_EPOCH" \
		--owner=65532 --group=65532 --numeric-owner \
		-rf "$BUILD/image-programs.tar" ./data
	rm -r "$BUILD/image-root"
	layer "$BUILD/image-programs"
}

# The last instructions of Containerfile as members of the JSON object "config".
config() {
	awk '
	function text(s) {
		gsub(/[\\"]/, "\\\\&", s)
		return "\"" s "\""
	}
	function put(name, value) {
		out = out sep "\n\t\t\"" name "\": " value
		sep = ","
	}
	$1 == "COPY" { out = sep = env = "" }
	{ rest = $0; sub(/^[A-Z]+ /, "", rest) }
	$1 == "ENV" { env = env ", " text(rest) }
	$1 == "USER" { put("User", text(rest)) }
	$1 == "WORKDIR" { put("WorkingDir", text(rest)) }
	$1 == "VOLUME" { put("Volumes", "{ " text(rest) ": {} }") }
	$1 == "EXPOSE" { put("ExposedPorts", "{ " text(rest "/tcp") ": {} }") }
	$1 == "STOPSIGNAL" { put("StopSignal", text(rest)) }
	$1 == "ENTRYPOINT" { put("Entrypoint", rest) }
	$1 == "HEALTHCHECK" {
		sub(/^CMD /, "", rest)
		put("Healthcheck", "{ \"Test\": [\"CMD-SHELL\", " text(rest) "] }")
	}
	END {
		put("Env", "[\"PATH=/usr/sbin:/usr/bin:/sbin:/bin\"" env "]")
		print out
	}' Containerfile
}

write_config() {
	cat <<-END
		{
			"created": "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)",
			"architecture": "$(dpkg --print-architecture)",
			"os": "linux",
			"config": {$(config)
			},
			"rootfs": {
				"type": "layers",
				"diff_ids": [
					"sha256:$(cat "$base/root.id")",
					"sha256:$(cat "$BUILD/image-programs.id")"
				]
			}
		}
	END
}

# descriptor TYPE FILE
descriptor() {
	printf '{ "mediaType": "application/vnd.oci.image.%s", %s' \
		"$1" "$(blob "$2")"
}

# For docker load: without it, Docker's own store does not know an OCI layout.
write_docker_manifest() {
	cat <<-END
		[ {
			"Config": "$(path_of "$layout/config")",
			"RepoTags": [ "kimi-proxy:latest" ],
			"Layers": [
				"$(path_of "$base/root.gz")",
				"$(path_of "$BUILD/image-programs.gz")"
			]
		} ]
	END
}

write_layout() {
	rm -rf "$layout"
	mkdir -p "$layout/blobs/sha256"
	write_config >"$layout/config"
	cat >"$layout/manifest" <<-END
		{
			"schemaVersion": 2,
			"mediaType": "application/vnd.oci.image.manifest.v1+json",
			"config": $(descriptor config.v1+json "$layout/config") },
			"layers": [
				$(descriptor layer.v1.tar+gzip "$base/root.gz") },
				$(descriptor layer.v1.tar+gzip "$BUILD/image-programs.gz") }
			]
		}
	END
	cat >"$layout/index.json" <<-END
		{
			"schemaVersion": 2,
			"manifests": [
				$(descriptor manifest.v1+json "$layout/manifest"),
				"annotations": {
					"org.opencontainers.image.ref.name": "latest",
					"io.containerd.image.name": "localhost/kimi-proxy:latest"
				} }
			]
		}
	END
	echo '{ "imageLayoutVersion": "1.0.0" }' >"$layout/oci-layout"
	write_docker_manifest >"$layout/manifest.json"
	rm "$layout/config" "$layout/manifest"
}

VERSION_CODENAME=
# shellcheck disable=SC1091 # of this machine
[ ! -r /etc/os-release ] || . /etc/os-release
mkdir -p "$base"
if ! root_is_fresh; then
	sources >"$base/sources"
	if [ ! -s "$base/sources" ]; then
		apt-get update -qq
		sources >"$base/sources"
	fi
	build_root
	strip_root
	layer "$base/root"
	recipe >"$base/recipe"
fi
pack_programs
write_layout
tar -C "$layout" --sort=name -cf "$BUILD/image.tar" .
rm -r "$layout" "$BUILD"/image-programs.*
echo "$BUILD/image.tar: $(($(wc -c <"$BUILD/image.tar") / 1000000)) MB," \
	"for podman load -i or docker load -i"
