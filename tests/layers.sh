#!/bin/sh
# SPDX-License-Identifier: MIT
# What may know what. Prints each finding on a line; the status tells whether
# there is any. tests/layers_test.sh shows an example of each.
#
#     tests/layers.sh          this tree
#     tests/layers.sh FOLDER   the tree there
#
# - A file includes headers of its own folder and of those before it in the
#   order (tests/layers.awk), and a library only in the folder that wraps it.
# - upstream and emulate name no dialect.
# - dialect and app name no service of Kimi: they ask its struct upstream.
# - http does not say Kimi, and knows no field of an endpoint's form.
# - No circle of files; a .c, its .h and its _internal.h count as one.
# - A header NAME_internal.h is for its own folder.
# - What a .c exports is declared in the .h of its name; handlers of
#   app/serve in app/routes.h, what is private to a folder in an _internal.h.
set -u
rules=$(cd "$(dirname "$0")" && pwd)/layers.awk
cd "${1:-$(dirname "$0")/..}" || exit 1

# shellcheck disable=SC2046 # paths without blanks
found=$(awk -f "$rules" $(find shared fcgi cgi -name '*.[ch]' | sort)) || exit 1
[ -z "$found" ] || printf '%s\n' "$found"
[ -z "$found" ]
