// SPDX-License-Identifier: MIT
// A web server with the program mounted by the files that we ship, the fake
// Kimi as its upstream and a database, all in one folder and on loopback.

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { accepts, build, copy, folder, freePort, give, logMarks,
	logsSince, kill, processesOf, put, root, sleep, start, stop, until } from './process.mjs';
import { startFake } from './fake.mjs';
import { call } from './http.mjs';

const run = promisify(execFile);

// name: one of the mounts below. options:
//   settings   entries of kimi.conf in addition to those that every test needs
//   limit      the web server's timeout in seconds, instead of its default
//   holder     makes, in the folder that it is given, a program that opens the
//              socket and starts the daemon with it
//   under      the command that the daemon is started by, with its arguments
//   programs   the folder that has them, instead of the build's
//   fake       another site's fake Kimi to use, instead of a new one
//   db         another site's database file to use, instead of its own
//   accessLog  lighttpd: access.log has "STATUS METHOD URL VERSION" of each
//              request, after a SIGHUP
export async function startSite(name, options = {}) {
	const site = new Site(name, options);
	try {
		await site.start();
	} catch (e) {
		const logs = logsSince(site.dir);
		await site.stop().catch(() => {});
		throw new Error(`${e.message}\n${logs}`);
	}
	return site;
}

export class Site {
	constructor(name, options) {
		this.name = name;
		this.mount = mounts[name];
		this.options = options;
		this.dir = folder(name.replace(/_.*/, ''));
		this.kimi = path.join(this.dir, 'kimi');
		this.db = options.db || path.join(this.dir, 'data', 'kimi.db');
		this.program = path.join(this.kimi, this.mount.program);
		this.path = '';
	}

	async start() {
		for (const sub of ['kimi', 'data', 'conf', 'tmp']) {
			fs.mkdirSync(path.join(this.dir, sub));
			give(path.join(this.dir, sub));
		}
		copy(path.join(this.options.programs || build,
			this.mount.program), this.kimi, this.mount.program, 0o755);
		this.fake = this.options.fake || await startFake(this.dir);
		this.configure(this.options.settings);
		await this.startProgram();
		await this.startServer();
	}

	// Writes kimi.conf next to the program, or another file.
	configure(settings = {}, file = path.join(this.kimi, 'kimi.conf')) {
		const all = {
			KIMI_DB: this.db,
			KIMI_LOG: path.join(this.dir, 'kimi.log'),
			KIMI_WEB_URL: this.fake.url,
			KIMI_WEB_PROTOCOL: 'legacy',
			KIMI_WEB_STREAMS: '0',
			MOONSHOT_URL: `${this.fake.url}/v1`,
			KIMI_CODE_URL: `${this.fake.url}/coding/v1`,
			KIMI_TOKENS: 'web:refresh-of-the-test,platform:sk-of-the-test',
			DEFAULT_AUTHKEYS: 'sk-test,sk-other',
			...settings,
		};
		put(path.dirname(file), path.basename(file), Object.entries(all)
			.filter(([, v]) => v !== null)
			.map(([k, v]) => `${k}=${v}\n`).join(''), 0o600);
	}

	// The daemon, for servers that do not start the program themselves.
	async startProgram() {
		if (!this.mount.daemon)
			return;
		const socket = path.join(this.dir, 'kimi.sock');
		fs.rmSync(socket, { force: true });
		const { holder, under = [] } = this.options;
		this.daemon = start(this.dir, 'daemon', holder
			? [holder(this.dir), socket, this.program]
			: [...under, this.program, '--listen', socket]);
		await until('the program listens', () => {
			if (this.daemon.exit)
				throw new Error('the program ended: '
					+ JSON.stringify(this.daemon.exit));
			return accepts(socket);
		});
	}

	async startServer() {
		this.port = this.port || await freePort();
		const shipped = (file) => copy(path.join(root, file),
			path.join(this.dir, 'conf'));
		const argv = this.mount.server(this, shipped);
		this.server = start(this.dir, 'server', argv, {
			env: { LIGHTTPD: '1' } });
		await until(`${this.name} answers on ${this.port}`, async () => {
			if (this.server.exit)
				throw new Error(`the server ended: ${JSON.stringify(
					this.server.exit)}`);
			return this.healthy();
		}).catch((e) => {
			throw new Error(`${e.message} (${this.sick})`);
		});
	}

	healthy = () => call(this, '/healthz', { key: '' }).then((r) => {
		this.sick = `${r.status} ${r.text.slice(0, 300)}`;
		// Even an error is fine if it comes from the program: it runs.
		return r.headers['x-request-id'] !== undefined;
	}, (e) => {
		this.sick = e.message;
		return false;
	});

	// Ends server and program; the program may take its time to drain.
	async stopServer(signal = 'SIGTERM') {
		const programs = this.programs();
		await stop(this.server, signal);
		await stop(this.daemon);
		await until('the program ends with its server',
			() => !programs.some((pid) => this.programs().includes(pid)));
	}

	async restart() {
		await this.stopServer();
		await this.startProgram();
		await this.startServer();
	}

	programs = () => processesOf(this.program);

	// Processor time of the server, of its children that have ended, and of
	// the program.
	async processorMs() {
		const { pid } = this.server;
		if (this.mount.program === 'kimi.cgi')
			await until('all CGI processes have been waited for', () =>
				fs.readFileSync(`/proc/${pid}/task/${pid}/children`,
					'utf8') === '');
		return [pid, ...this.programs()].map((each) =>
			fs.readFileSync(`/proc/${each}/stat`, 'utf8')
				.split(') ')[1].split(' ').slice(11, 15))
			.flat().reduce((sum, ticks) => sum + ticks * 10, 0);
	}

	// Kills the program as a crash would. A daemon is restarted like under a
	// supervisor.
	async crash() {
		const victims = this.programs();
		victims.forEach(kill);
		await until('the killed program is gone',
			() => !victims.some((pid) => this.programs().includes(pid)));
		if (this.mount.daemon) {
			await this.daemon.ended;
			await this.startProgram();
		}
		return victims.length;
	}

	reload() {
		process.kill(this.server.pid, this.mount.reload);
	}

	// Rows of the database, as objects.
	async query(sql) {
		const { stdout } = await run('sqlite3', ['-json', '-cmd',
			'.timeout 5000', this.db, sql]);
		return stdout.trim() ? JSON.parse(stdout) : [];
	}

	// The row of a request by its x-request-id, once it is closed.
	async row(id) {
		return until(`a closed row of request ${id}`, async () => {
			const [row] = await this.query(`SELECT * FROM requests
				WHERE id = '${id}'`);
			return row && row.status !== 'running' && row;
		});
	}

	async stop() {
		try {
			if (this.server)
				await this.stopServer();
		} finally {
			this.programs().forEach(kill);
			if (!this.options.fake)
				await this.fake?.stop();
		}
		this.complaints = complaints(this.dir);
		if (!process.env.KEEP)
			fs.rmSync(this.dir, { recursive: true, force: true });
		if (this.complaints)
			throw new Error(`sanitizer report:\n${this.complaints}`);
	}

	marks = () => logMarks(this.dir);
	logs = (marks) => logsSince(this.dir, marks);
}

// Sanitizer reports fail a test file even if every reply was right.
export function complaints(dir) {
	const text = logsSince(dir, {}, 1e6);
	const at = text.search(/(ERROR|WARNING): \w+Sanitizer|runtime error:/);
	return at < 0 ? '' : text.slice(at, at + 4000);
}

// --- Apache

const modules = '/usr/lib/apache2/modules';

// SDKs close idle connections after four seconds, servers after five. On a busy
// machine that is too close: a request could meet the server's close.
function apache(site, names, text) {
	const load = ['mpm_event', 'authz_core', 'unixd', 'alias', 'env',
		'setenvif', 'mime', 'filter', 'deflate', ...names]
		.filter((n) => fs.existsSync(`${modules}/mod_${n}.so`))
		.map((n) => `LoadModule ${n}_module ${modules}/mod_${n}.so`);
	return ['/usr/sbin/apache2', '-DFOREGROUND', '-f',
		put(site.dir, 'conf/apache.conf', `
ServerRoot ${site.dir}
DefaultRuntimeDir ${site.dir}
ServerName localhost
Listen 127.0.0.1:${site.port}
PidFile ${site.dir}/apache.pid
Mutex file:${site.dir}/tmp default
ErrorLog ${site.dir}/apache.log
${load.join('\n')}
TypesConfig /dev/null
StartServers 1
ServerLimit 3
KeepAliveTimeout 60
ThreadsPerChild 25
ThreadLimit 25
MaxRequestWorkers 75
MinSpareThreads 5
MaxSpareThreads 75
DocumentRoot ${site.dir}/tmp
<Directory />
  AllowOverride None
  Require all denied
</Directory>
<Directory ${site.dir}/tmp>
  Require all granted
</Directory>
# Worse than Debian's, below the prefix: event streams compressed too.
<Location /kimi>
  SetOutputFilter DEFLATE
</Location>
Define KIMI_DIR ${site.kimi}
Define KIMI_SOCKET ${site.dir}/kimi.sock
${site.options.limit ? `Define KIMI_TIMEOUT ${site.options.limit}` : ''}
${text}
`)];
}

// The shipped file twice: at the root and under a prefix.
const twice = (file) => `Include ${file}
Define KIMI_BASE /kimi/
Include ${file}`;

// --- the mounts
//
//   program   what is mounted             daemon   started by us
//   reload    the signal of a graceful reload
//   gone      when the program learns that the client of a silent stream has
//             left: 'at once', or at a 'write' (the first or second keep-alive)
//   cuts      true: a reload ends long streams with an error event
//   reopens   one of so many requests after a crash, 100 ms apart, must work
//             (10)

const mounts = {
	apache_mod_fcgid: {
		program: 'kimi.fcgi', reload: 'SIGUSR1', gone: 'write', cuts: true,
		server: (site, shipped) => apache(site, ['fcgid'], `
FcgidIPCDir ${site.dir}/tmp
FcgidProcessTableFile ${site.dir}/tmp/fcgid_shm
${twice(shipped('apache/mod_fcgid.conf'))}`),
	},
	apache_proxy_fcgi: {
		program: 'kimi.fcgi', daemon: true, reload: 'SIGUSR1', gone: 'write',
		server: (site, shipped) => apache(site, ['proxy', 'proxy_fcgi'],
			twice(shipped('apache/proxy_fcgi.conf'))),
	},
	apache_cgi: {
		program: 'kimi.cgi', reload: 'SIGUSR1', gone: 'write',
		server: (site, shipped) => apache(site, ['cgid'], `
ScriptSock ${site.dir}/cgid.sock
${twice(shipped('apache/cgi.conf'))}`),
	},
	// A folder on a host that allows FileInfo and Options, no more.
	apache_htaccess: {
		program: 'kimi.cgi', reload: 'SIGUSR1', gone: 'write',
		prefix: '/site',
		server: (site) => {
			copy(path.join(root, 'apache/htaccess'), site.kimi,
				'.htaccess');
			return apache(site, ['cgid', 'rewrite'], `
ScriptSock ${site.dir}/cgid.sock
${site.options.limit ? `Timeout ${site.options.limit}` : ''}
Alias /kimi ${site.kimi}
Alias /site ${site.kimi}
Alias /healthz ${site.kimi}/kimi.cgi
<Directory ${site.kimi}>
  AllowOverride FileInfo Options
  Require all granted
</Directory>`);
		},
	},
	lighttpd_fastcgi: {
		program: 'kimi.fcgi', reload: 'SIGUSR1', gone: 'at once',
		reopens: 40,
		server: (site, shipped) => lighttpd(site, `
var.kimi_socket = "${site.dir}/kimi.sock"
include "${shipped('lighttpd/fastcgi.conf')}"`),
	},
	lighttpd_daemon: {
		program: 'kimi.fcgi', daemon: true, reload: 'SIGUSR1',
		gone: 'at once',
		server: (site, shipped) => lighttpd(site, `
var.kimi_socket = "${site.dir}/kimi.sock"
include "${shipped('lighttpd/daemon.conf')}"`),
	},
	lighttpd_cgi: {
		program: 'kimi.cgi', reload: 'SIGUSR1', gone: 'at once',
		server: (site, shipped) => lighttpd(site,
			`include "${shipped('lighttpd/cgi.conf')}"`),
	},
	nginx: {
		program: 'kimi.fcgi', daemon: true, reload: 'SIGHUP',
		gone: 'at once',
		server: nginx,
	},
};

function lighttpd(site, text) {
	return ['/usr/sbin/lighttpd', '-D', '-f',
		put(site.dir, 'conf/lighttpd.conf', `
server.bind = "127.0.0.1"
server.port = ${site.port}
server.document-root = "${site.dir}/tmp"
server.errorlog = "${site.dir}/lighttpd.log"
server.breakagelog = "${site.dir}/breakage.log"
server.upload-dirs = ( "${site.dir}/tmp" )
server.max-keep-alive-idle = 60
# As on Debian.
server.modules = ( "mod_indexfile", "mod_access", "mod_alias", "mod_redirect" )
server.http-parseopts = (
  "header-strict" => "enable", "host-strict" => "enable",
  "host-normalize" => "enable", "url-normalize-unreserved" => "enable",
  "url-normalize-required" => "enable", "url-ctrls-reject" => "enable",
  "url-path-2f-decode" => "enable", "url-path-dotseg-remove" => "enable" )
index-file.names = ( "index.php", "index.html" )
url.access-deny = ( "~", ".inc" )
static-file.exclude-extensions = ( ".php", ".pl", ".fcgi" )
server.modules += ( "mod_deflate" )
deflate.mimetypes = ( "" )
deflate.allowed-encodings = ( "gzip" )
${site.options.limit
		? `server.max-write-idle = ${site.options.limit}` : ''}
${site.options.accessLog ? `
server.modules += ( "mod_accesslog" )
accesslog.filename = "${site.dir}/access.log"
accesslog.format = "%>s %r"` : ''}
var.kimi_dir = "${site.kimi}"
var.kimi_url = "${site.options.url || '^/kimi/|^/((v1|c)(/|$)|(health|healthz|api/hello|metrics|(key|user)/info|dashboard/billing/(subscription|usage))$)'}"
${text}
`)];
}

function nginx(site, shipped) {
	const kimi = shipped('nginx/kimi.conf');
	// In its own location, to lower only this limit.
	const limit = site.options.limit ? `location ~ ^/v1/chat {
			include ${put(site.dir, 'conf/limited.conf', fs.readFileSync(
		kimi, 'utf8').replace('900s', `${site.options.limit}s`))};
		}` : '';
	return ['/usr/sbin/nginx', '-p', site.dir, '-e',
		`${site.dir}/nginx.log`, '-c',
		put(site.dir, 'conf/nginx.conf', `
daemon off;
pid ${site.dir}/nginx.pid;
worker_processes 1;
events { worker_connections 256; }
http {
	access_log off;
	gzip on;
	gzip_types *;
	client_body_temp_path ${site.dir}/tmp/body;
	fastcgi_temp_path ${site.dir}/tmp/fastcgi;
	proxy_temp_path ${site.dir}/tmp/proxy;
	uwsgi_temp_path ${site.dir}/tmp/uwsgi;
	scgi_temp_path ${site.dir}/tmp/scgi;
	upstream kimi { server unix:${site.dir}/kimi.sock; }
	server {
		listen 127.0.0.1:${site.port};
		root ${site.dir}/tmp;
		${limit}
		location ~ ^/((v1|c)(/|$)|(health|healthz|api/hello|metrics|(key|user)/info|dashboard/billing/(subscription|usage))$) {
			include ${kimi};
		}
		location /kimi/ { include ${kimi}; }
		# Its document root holds the database.
		location /rooted/ {
			root ${site.dir};
			include ${kimi};
		}
		location /second/ {
			include ${kimi};
			fastcgi_param KIMI_CONFIG ${site.dir}/second.conf;
		}
	}
}
`)];
}

export const mountNames = Object.keys(mounts);
export { sleep };
