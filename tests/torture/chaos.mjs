// SPDX-License-Identifier: MIT
// What befalls the program while it serves: it is killed or stopped for a while,
// its database is locked, Kimi is down, tokens are revoked, chats are gone.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sleep } from '../e2e/lib/process.mjs';
import { Random } from './random.mjs';
import { rowsOf } from './truth.mjs';

const run = promisify(execFile);

const DOWN = 200; // ms, of an outage of Kimi
const STOPPED = 27000; // ms, longer than any lease
const LONG_RUN = 4000; // requests

// One of these follows each kill.
const evils = ['outage', 'revoke', 'stop', 'lock', 'outage', 'forget', 'stop',
	'lock'];

export class Chaos {
	kills = 0;	// times that a program was killed
	killed = 0;	// processes
	outages = 0;
	stops = [];
	deaths = [];	// daemons that ended by themselves
	over = false;

	constructor(world, seed, every) {
		Object.assign(this, { world, every });
		this.random = new Random(seed, 7777);
		this.turn = this.random.below(world.sites.length);
	}

	// Kimi's access tokens live for seconds and its refresh tokens change.
	settle = () => this.world.fake.settings({ lifetime: 20, rotate: true,
		record: false });

	run() {
		this.done = Promise.all([this.#often(), this.#killer()]);
	}

	async end() {
		this.over = true;
		await this.done;
		await Promise.all(this.stops);
	}

	async #killer() {
		let next = this.#after(0);
		while (!this.over && this.kills < this.world.requests / this.every) {
			await sleep(5);
			this.#watch();
			if (this.world.sent < next)
				continue;
			await sleep(this.random.below(300));
			await this.#kill();
			await this[evils[this.kills % evils.length]]();
			next = this.#after(next);
		}
	}

	// Half the usual distance to one and a half times as much.
	#after = (last) => last + this.every / 2 + this.random.below(this.every);

	#ask = (settings) => this.world.fake.settings(settings).catch(() => {});

	async #kill() {
		const sites = this.world.sites.filter((s) => s !== this.stopped);
		const site = sites[this.turn++ % sites.length]
			|| this.world.sites[0];
		// A CGI program lives only while it serves a request.
		for (let tries = 0; tries < 400 && !site.programs().length; tries++)
			await sleep(3);
		this.killed += await site.crash();
		this.kills++;
	}

	async outage() {
		if (this.stopped)
			return; // its requests would fail for this reason
		await this.world.fake.restart(DOWN);
		await this.settle();
		this.outages++;
	}

	revoke = () => this.#ask({ revoke_access: true });
	forget = () => this.#ask({ forget_chats: true });

	// As on a machine without memory; in a long run once for longer than
	// leases last.
	async stop() {
		const { requests, sites } = this.world;
		const long = !this.stoppedLong && requests >= LONG_RUN
			&& this.kills * this.every > requests / 4;
		const site = this.random.pick(sites.filter((s) => !this.stopped
			&& (!long || s.mount.program === 'kimi.fcgi')));
		if (!site)
			return;
		// In the middle of a turn, which is over for all others meanwhile.
		for (let tries = 0; long && tries < 600 && !this.#talks(site);
			tries++)
			await sleep(5);
		const pids = site.programs();
		this.stoppedLong ||= long;
		this.stopped ||= site;
		pids.forEach((pid) => signal(pid, 'SIGSTOP'));
		this.stops.push(sleep(long ? STOPPED
			: this.random.between(500, 2500)).then(() => {
			pids.forEach((pid) => signal(pid, 'SIGCONT'));
			this.stopped = this.stopped === site ? null : this.stopped;
		}));
	}

	#talks = (site) => this.world.entries.slice(-100).some((e) => !e.how
		&& e.session && e.mount === site.name && Date.now() - e.wall > 20);

	// As by somebody who looks at the database with a tool that writes.
	async lock() {
		const seconds = this.random.between(5, 40) / 10;
		await run('sqlite3', ['-cmd', '.timeout 5000', this.world.db,
			'BEGIN IMMEDIATE', `.shell sleep ${seconds}`, 'ROLLBACK'])
			.catch(() => {});
	}

	// Daemons that nobody killed are started again, and counted.
	#watch() {
		for (const site of this.world.sites)
			if (site.daemon?.exit && !site.daemon.missed) {
				site.daemon.missed = true;
				this.deaths.push(`${site.name}: ${
					JSON.stringify(site.daemon.exit)}`);
				site.startProgram().catch(() => {});
			}
	}

	// Faults put credentials into cooldown for minutes: end that, as the
	// owner of a server can.
	async #often() {
		for (let i = 1; !this.over; i++) {
			await sleep(100);
			if (i % 20 === 0)
				await rowsOf(this.world.db, `UPDATE credentials
					SET cooldown_until = 0`).catch(() => {});
		}
	}
}

function signal(pid, name) {
	try {
		process.kill(pid, name);
	} catch {
		// has ended by now
	}
}
