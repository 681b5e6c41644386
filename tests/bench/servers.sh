# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# The servers of the benchmark, each by a name: fake and fake_tls, plain (a
# proxy), floor, ours (lighttpd and kimi.fcgi), nginx, queue (ours, where Kimi
# takes one request at a time), legacy (ours, by the old protocol of Kimi web),
# traced (by strace), watched (with its statements counted), fcgid and
# fcgid_static (Apache, a process for each stream).

# shellcheck disable=SC2154 # variables that the other files set
# shellcheck disable=SC2317 # functions that only traps call

# --- Processes and ports by name ----------------------------------------------
servers_begin() {
	out=$(mktemp -d "$BUILD/bench.XXXXXX") || exit 1
	# Sockets have short paths; Apache's user has to reach its programs.
	sockets=$(mktemp -d) || exit 1
	chmod 711 "$sockets"
	load=
	trap 'servers_end 1' INT TERM HUP EXIT
}

servers_end() {
	trap '' INT TERM HUP
	trap - EXIT
	[ -z "$load" ] || kill -TERM "$load" 2>/dev/null
	for list in "$out"/*.pids; do
		[ ! -e "$list" ] || stop_server "$(basename "$list" .pids)"
	done
	rm -rf "$sockets" "$out"
	exit "$1"
}

# Whether a process runs; one that ended but was not waited for does not.
runs() {
	read -r line <"/proc/$1/stat" || return 1
	case ${line##*) } in
	Z*) return 1 ;;
	esac
} 2>/dev/null

# started NAME PID...: stop_server NAME ends these processes, too.
started() {
	name=$1
	shift
	echo "$*" >>"$out/$name.pids"
}

pids() {
	cat "$out/$1.pids"
}

port() {
	cat "$out/$1.port"
}

stop_server() {
	pids=$(pids "$1")
	for pid in $pids; do
		kill -TERM "$pid"
	done 2>/dev/null
	for pid in $pids; do
		patience=200
		while runs "$pid"; do
			patience=$((patience - 1))
			[ $patience -gt 0 ] || kill -KILL "$pid"
			sleep 0.05
		done
	done 2>/dev/null
	rm "$out/$1.pids"
}

children() {
	cat "/proc/$1/task/$1/children"
}

# answers PORT: whether a web server does.
answers() {
	curl -qs -o /dev/null --noproxy '*' --max-time 5 "http://127.0.0.1:$1/"
}

# until_it_runs NAME PID COMMAND...: waits for the command to succeed.
until_it_runs() {
	name=$1
	pid=$2
	shift 2
	patience=100
	until "$@"; do
		patience=$((patience - 1))
		if [ $patience -eq 0 ] || ! runs "$pid"; then
			cat "$out/$name.log" >&2
			fail "$name did not start"
		fi
		sleep 0.05
	done
}

# --- The fake Kimi --------------------------------------------------------------
# numbers N: the text of a reply, of which each piece is different.
numbers() {
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "%05d ", i }'
}

# rule PROMPT PIECES MS [TOGETHER]
rule() {
	printf '{"match":{"route":"completion","prompt":"%s"},"times":-1,' "$1"
	printf '"scene":{"answer":"%s","reasoning":"","stamp":true,' \
		"$(numbers "$2")"
	printf '"chunks":%d,"chunk_ms":%d,"together":%d}}' "$2" "$3" "${4:-1}"
}

# The answer of a request has 20 pieces of 40 bytes.
rules() {
	printf '[{"match":{"route":"completion","prompt":"bench-request"},'
	printf '"times":-1,"scene":{"answer":"%s","reasoning":"",' \
		"$(awk 'BEGIN { while (n++ < 80) printf "ten bytes " }')"
	printf '"chunks":20}},'
	rule bench-single "$pieces" 1 && echo ,
	rule bench-joined "$pieces" 64 64 && echo ,
	rule bench-paced "$pace_pieces" "$pace_ms" && echo ,
	rule bench-crowd "$crowd_pieces" "$crowd_ms" && echo ,
	rule bench-queue 5 20 && echo ']'
}

control() {
	curl -qfs -o /dev/null --noproxy '*' --max-time 10 \
		"http://127.0.0.1:$(port fake)/_fake/$1" -d @- ||
		fail "the fake Kimi does not take $1"
}

# fake_process NAME [ARGUMENT...]
fake_process() {
	name=$1
	shift
	: >"$out/$name.log"
	"$BUILD/fake_kimi" --port 0 "$@" >"$out/$name.log" &
	started "$name" $!
	until_it_runs "$name" $! grep -q :// "$out/$name.log"
	sed -n 's/.*://p' "$out/$name.log" >"$out/$name.port"
}

start_fake() {
	fake_process fake
	echo '{"record":false}' | control settings
	rules | control scenes
	url=http://127.0.0.1:$(port fake)
	mkdir "$out/trusted"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -keyout "$out/key.pem" -out "$out/trusted/cert.pem" \
		-days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost 2>"$out/openssl.log" ||
		fail "openssl made no certificate: $(cat "$out/openssl.log")"
	openssl rehash "$out/trusted" || fail 'openssl cannot rehash'
	fake_process fake_tls --tls-cert "$out/trusted/cert.pem" \
		--tls-key "$out/key.pem"
}

# settings NAME: how the program reaches the fake, and where it keeps its data.
settings() {
	cat <<-END
	KIMI_DB=$out/$1.db
	KIMI_LOG=$out/$1.kimi.log
	KIMI_WEB_URL=$url
	MOONSHOT_URL=$url/v1
	KIMI_WEB_PROTOCOL=current
	KIMI_WEB_STREAMS=0
	KIMI_TOKENS=web:a-refresh-token-of-$1,platform:sk-bench
	END
}

# --- Web servers ----------------------------------------------------------------
# start_lighttpd NAME PORT CONFIGURATION [VARIABLE=VALUE...]
start_lighttpd() {
	name=$1
	port=$2
	configuration=$3
	shift 3
	# shellcheck disable=SC2086 # a command and its arguments
	env -i "PATH=$PATH" "$@" $server_core \
		lighttpd -D -f "$configuration" >"$out/$name.log" 2>&1 &
	started "$name" $!
	echo "$port" >"$out/$name.port"
	until_it_runs "$name" $! answers "$port"
	# shellcheck disable=SC2046 # a list
	started "$name" $(children $!)
}

# start_fastcgi NAME PROGRAM [VARIABLE=VALUE...]: lighttpd by the files of
# `make run`, which starts the program.
start_fastcgi() {
	name=$1
	mkdir "$sockets/$name"
	ln -s "$2" "$sockets/$name/kimi.fcgi"
	shift 2
	port=$("$BUILD/bench_load" port)
	start_lighttpd "$name" "$port" lighttpd/run.conf "KIMI_RUN_PORT=$port" \
		"KIMI_RUN_DIR=$sockets/$name" "$@"
	[ "$(wc -w <"$out/$name.pids")" -eq 2 ] ||
		fail "lighttpd started no program for $name"
}

# start_ours [NAME [VARIABLE=VALUE...]]
start_ours() {
	name=${1:-ours}
	[ $# -eq 0 ] || shift
	# shellcheck disable=SC2046 # a list, of paths without blanks
	start_fastcgi "$name" "$PROGRAMS/kimi.fcgi" $(settings "$name") "$@"
}

start_floor() {
	start_fastcgi floor "$BUILD/bench_floor" "FLOOR_DB=$out/floor.db" \
		"FLOOR_URL=$url/v1/chat/completions"
}

start_plain() {
	port=$("$BUILD/bench_load" port)
	cat >"$out/plain.conf" <<-END
	server.modules = ( "mod_proxy" )
	server.bind = "127.0.0.1"
	server.port = $port
	server.document-root = "$out"
	server.upload-dirs = ( "$out" )
	server.stream-response-body = 2
	proxy.server = ( "/" => (( "host" => "127.0.0.1",
		"port" => $(port fake) )) )
	END
	start_lighttpd plain "$port" "$out/plain.conf"
}

# unless_there LINE FILE: the line, unless the file has such a directive.
unless_there() {
	grep -q "^[[:blank:]]*${1%% *} " "$2" || echo "$1"
}

# The files that we ship, with connections that are kept.
nginx_configuration() {
	cat <<-END
	daemon off;
	pid $out/nginx.pid;
	worker_processes 1;
	$([ "$(id -u)" -ne 0 ] || echo 'user root;')
	events { worker_connections 4096; }
	http {
		access_log off;
		client_body_temp_path $out/body;
		fastcgi_temp_path $out/fastcgi;
		proxy_temp_path $out/proxy;
		uwsgi_temp_path $out/uwsgi;
		scgi_temp_path $out/scgi;
		$(sed -e "s,unix:[^;]*,unix:$sockets/nginx.sock," \
			-e "/^[[:blank:]]*server/a $(unless_there "keepalive $at_once;" \
				nginx/upstream.conf)" nginx/upstream.conf)
		server {
			listen 127.0.0.1:$1;
			root $out/body;
			location / {
				include $PWD/nginx/kimi.conf;
				$(unless_there 'fastcgi_keep_conn on;' \
					nginx/kimi.conf)
			}
		}
	}
	END
}

start_nginx() {
	port=$("$BUILD/bench_load" port)
	nginx_configuration "$port" >"$out/nginx.conf"
	# shellcheck disable=SC2046,SC2086 # lists, of paths without blanks
	env -i $(settings nginx) $server_core "$PROGRAMS/kimi.fcgi" \
		--listen "$sockets/nginx.sock" >"$out/nginx.log" 2>&1 &
	started nginx $!
	until_it_runs nginx $! test -S "$sockets/nginx.sock"
	# shellcheck disable=SC2086
	$server_core nginx -e "$out/nginx.errors" -c "$out/nginx.conf" \
		>>"$out/nginx.log" 2>&1 &
	started nginx $!
	echo "$port" >"$out/nginx.port"
	until_it_runs nginx $! answers "$port"
	# shellcheck disable=SC2046
	started nginx $(children $!)
}

# Some are built in.
apache_modules() {
	for module; do
		file=/usr/lib/apache2/modules/mod_$module.so
		[ ! -e "$file" ] || echo "LoadModule ${module}_module $file"
	done
}

# start_fcgid NAME PROGRAM. As root Apache serves only under another user.
start_fcgid() {
	name=$1
	port=$("$BUILD/bench_load" port)
	here=$sockets/$name
	mkdir "$here"
	cp "$2" "$here/kimi.fcgi"
	settings "$name" | sed "s,$out/,$here/," >"$here/kimi.conf"
	cp apache/mod_fcgid.conf "$here"
	cat >"$here/apache.conf" <<-END
	ServerRoot $here
	DefaultRuntimeDir $here
	ServerName localhost
	Listen 127.0.0.1:$port
	PidFile $here/apache.pid
	Mutex file:$here default
	ErrorLog $here/apache.log
	$(apache_modules mpm_event authz_core unixd alias env fcgid)
	FcgidIPCDir $here
	FcgidProcessTableFile $here/fcgid_shm
	<Directory />
		Require all denied
	</Directory>
	Define KIMI_DIR $here
	Include $here/mod_fcgid.conf
	END
	other_user=
	if [ "$(id -u)" -eq 0 ]; then
		other_user='setpriv --reuid=65534 --regid=65534 --clear-groups'
		chown -R 65534:65534 "$here"
	fi
	# shellcheck disable=SC2086 # commands and their arguments
	$other_user $server_core apache2 -DFOREGROUND -f "$here/apache.conf" \
		>"$out/$name.log" 2>&1 &
	started "$name" $!
	echo "$port" >"$out/$name.port"
	until_it_runs "$name" $! answers "$port"
}
