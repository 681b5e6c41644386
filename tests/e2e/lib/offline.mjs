// SPDX-License-Identifier: MIT
// A network namespace with nothing but loopback for one test file, so that
// clients cannot call home. It needs root or unprivileged user namespaces.

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';

const network = () => fs.readlinkSync('/proc/self/ns/net');

const unshare = ['unshare', ...(process.getuid() === 0 ? []
	: ['--user', '--map-current-user', '--keep-caps']), '--net'];
const enter = ['sh', '-c', 'ip link set lo up && '
	+ 'exec setpriv --inh-caps=-all --ambient-caps=-all -- "$@"', 'sh'];

// A test file awaits this first, with its import.meta.url: it returns only
// inside the namespace. The process outside runs the file there and exits like
// it.
export async function offline(url) {
	const outside = process.env.KIMI_TEST_NETWORK;
	if (outside)
		return alone(outside);
	const env = { ...process.env, KIMI_TEST_NETWORK: network(),
		PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
	const argv = [...unshare, ...enter];
	const probe = spawnSync(argv[0], [...argv.slice(1), 'true'],
		{ env, encoding: 'utf8' });
	if (probe.status !== 0) {
		console.error('This test runs in a network namespace of its own, and '
			+ `cannot make one: ${probe.error?.message || probe.stderr}`
			+ 'Run it as root, or allow unprivileged user namespaces '
			+ '(and install iproute2).');
		process.exit(1);
	}
	const child = spawn(argv[0], [...argv.slice(1), process.execPath,
		...process.execArgv, fileURLToPath(url)], { env, stdio: 'inherit' });
	for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
		process.removeAllListeners(signal);
		process.on(signal, () => child.kill(signal));
	}
	const [code] = await new Promise((resolve) =>
		child.on('exit', (...how) => resolve(how)));
	process.exit(code ?? 1);
}

function alone(outside) {
	const others = Object.keys(os.networkInterfaces())
		.filter((name) => name !== 'lo');
	if (network() === outside || others.length > 0)
		throw new Error(`not in a network of its own: ${network()} `
			+ others.join(' '));
}
