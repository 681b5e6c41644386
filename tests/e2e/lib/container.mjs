// SPDX-License-Identifier: MIT
// A container of the image that `make image` builds, on this machine's network:
// as engines run it, but the root file system is read-only. runc runs it or,
// where runc may not, unshare does.

import { execFile, execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { build, freePort, kill, root, start, stop, until } from './process.mjs';
import { call } from './http.mjs';

const run = promisify(execFile);

// Why no container can be run here, or false.
export function unable() {
	if (process.getuid() !== 0)
		return 'only root can make containers';
	const { status } = spawnSync('unshare', ['--mount', '--pid', '--fork',
		'true']);
	return status === 0 ? false : 'this machine allows no namespaces';
}

// Builds the image and unpacks it below `dir`; its size, its manifests, and the
// configuration that umoci makes of it.
export async function unpackImage(dir) {
	await run(path.join(root, 'container/image.sh'), { cwd: root,
		env: { ...process.env, BUILD: build } });
	const file = path.join(build, 'image.tar');
	const [layout, bundle] = ['layout', 'bundle'].map((n) =>
		path.join(dir, n));
	fs.mkdirSync(layout);
	await run('tar', ['-C', layout, '-xf', file]);
	await run('umoci', ['unpack', '--image', `${layout}:latest`, bundle]);
	const read = (name) => JSON.parse(fs.readFileSync(
		path.join(layout, name), 'utf8'));
	const blob = (d) => read(`blobs/${d.digest.replace(':', '/')}`);
	const manifest = blob(read('index.json').manifests[0]);
	return { layout, bundle, size: fs.statSync(file).size, manifest,
		forDocker: read('manifest.json'), config: blob(manifest.config).config,
		runtime: JSON.parse(fs.readFileSync(
			path.join(bundle, 'config.json'), 'utf8')) };
}

// data: the folder that becomes /data; env: like the settings of `podman run`.
export class Container {
	constructor(dir, image, data, env) {
		Object.assign(this, { dir, image, data, env });
		this.state = path.join(dir, 'runc');
		this.name = `kimi-test-${process.pid}`;
	}

	async start() {
		this.port = await freePort();
		this.process = this.mayRunc() ? this.startRunc()
			: this.startUnshare();
		await until('the container serves', () => {
			if (this.process.exit)
				throw new Error(`it ended: ${this.log()}`);
			return call(this, '/healthz', { key: '' }).then(
				(r) => r.status === 200, () => false);
		});
	}

	log = () => fs.readFileSync(this.process.log, 'utf8');

	get environment() {
		return { ...Object.fromEntries(this.image.config.Env.map((line) =>
			/^(\w+)=(.*)/.exec(line).slice(1))), PORT: `${this.port}`,
		...this.env };
	}

	// Some machines have control groups that it cannot use.
	mayRunc() {
		this.writeConfig(['/bin/true']);
		return spawnSync('runc', ['--root', this.state, 'run', '-b',
			this.image.bundle, `${this.name}-try`]).status === 0;
	}

	writeConfig(args) {
		const { process: it, mounts, linux, ...rest } = this.image.runtime;
		fs.writeFileSync(path.join(this.image.bundle, 'config.json'),
			JSON.stringify({ ...rest,
				process: { ...it, args, terminal: false,
					capabilities: {},
					env: Object.entries(this.environment).map((e) =>
						e.join('=')) },
				root: { path: 'rootfs', readonly: true },
				mounts: [...mounts.filter((m) => /^\/(proc|dev)$/.test(
					m.destination)),
				{ destination: '/data', type: 'bind',
					source: this.data, options: ['bind', 'rw'] }],
				linux: { ...linux, namespaces: linux.namespaces.filter(
					(n) => n.type !== 'network') } }));
	}

	startRunc() {
		this.by = 'runc';
		this.writeConfig(this.image.runtime.process.args);
		this.signal = (name) => this.process.child.kill(name);
		this.enter = () => ['runc', '--root', this.state, 'exec', this.name];
		return start(this.dir, 'container', ['runc', '--root', this.state,
			'run', '-b', this.image.bundle, this.name], { self: true });
	}

	startUnshare() {
		this.by = 'unshare';
		const { args, user, cwd } = this.image.runtime.process;
		const p = start(this.dir, 'container', ['unshare', '--mount',
			'--pid', '--ipc', '--uts', '--fork', '--kill-child', 'sh',
			'-euc', `
			mount --bind "$0" "$0"
			mount -o remount,bind,ro "$0"
			mount -t proc proc "$0/proc"
			mount -t tmpfs -o mode=755 tmpfs "$0/dev"
			for node in null zero urandom; do
				: >"$0/dev/$node"
				mount --bind "/dev/$node" "$0/dev/$node"
			done
			mount --bind "$1" "$0/data"
			shift
			exec chroot --userspec=${user.uid}:${user.gid} "$0" \
				sh -c 'cd ${cwd}; exec "$0" "$@"' "$@"`,
			path.join(this.image.bundle, 'rootfs'), this.data, ...args],
		{ self: true, env: this.environment });
		const first = () => Number(fs.readFileSync(
			`/proc/${p.pid}/task/${p.pid}/children`, 'utf8'));
		this.signal = (name) => process.kill(first(), name);
		this.enter = () => ['nsenter', '--target', `${first()}`, '--mount',
			'--pid', '--root', '--wd', '--setuid', `${user.uid}`,
			'--setgid', `${user.gid}`];
		return p;
	}

	// Runs a program inside: { code, stdout, stderr }.
	exec(...argv) {
		const [program, ...args] = [...this.enter(), ...argv];
		return run(program, args, { env: this.environment })
			.then((r) => ({ code: 0, ...r }), (e) => e);
	}

	// As an engine does it, but that waits for 10 s only; how it ended.
	async stop() {
		if (!this.process || this.process.exit)
			return this.process?.exit;
		this.signal(this.image.config.StopSignal);
		return stop(this.process, 0);
	}

	// Whatever still runs.
	clear() {
		if (this.by === 'runc')
			execFileSync('runc', ['--root', this.state, 'delete', '--force',
				this.name], { stdio: 'ignore' });
		else if (this.process && !this.process.exit)
			kill(this.process.pid); // its child gets the same
	}
}
