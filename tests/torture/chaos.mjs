// SPDX-License-Identifier: MIT
// What befalls the program while it serves: it is killed, Kimi is down, tokens
// are revoked, chats are gone.

import { sleep } from '../e2e/lib/process.mjs';
import { Random } from './random.mjs';
import { rowsOf } from './truth.mjs';

const DOWN = 200; // ms, of an outage of Kimi

export class Chaos {
	kills = 0;	// times that a program was killed
	killed = 0;	// processes
	outages = 0;
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
			if (this.kills % 4 === 0)
				await this.#outage();
			else if (this.kills % 4 === 2)
				await this.#ask({ revoke_access: true });
			else if (this.kills % 8 === 3)
				await this.#ask({ forget_chats: true });
			next = this.#after(next);
		}
	}

	// Half the usual distance to one and a half times as much.
	#after = (last) => last + this.every / 2 + this.random.below(this.every);

	#ask = (settings) => this.world.fake.settings(settings).catch(() => {});

	async #kill() {
		const site = this.world.sites[this.turn++
			% this.world.sites.length];
		// A CGI program lives only while it serves a request.
		for (let tries = 0; tries < 400 && !site.programs().length; tries++)
			await sleep(3);
		this.killed += await site.crash();
		this.kills++;
	}

	async #outage() {
		await this.world.fake.restart(DOWN);
		await this.settle();
		this.outages++;
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
