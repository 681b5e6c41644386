// SPDX-License-Identifier: MIT
// The sites under torture, what was asked of them, and what came of it.

import { send } from './client.mjs';
import { bodyOf, pathOf, question } from './questions.mjs';

export class World {
	entries = [];	// requests for a reply, by number
	sessions = [];	// conversations: { name, key, entries, deleted }
	files = [];	// uploads: { id, key, bytes, deleted }
	others = 0;	// requests for anything else
	asked = new Set();	// numbers of requests that Kimi saw
	silent = 0;	// requests without any answer
	wrong = [];	// { what, text }: what clients saw that cannot be

	constructor({ sites, fake, keys, tag, requests, faults }) {
		Object.assign(this, { sites, fake, keys, tag, requests, faults });
	}

	get sent() {
		return this.entries.length + this.others;
	}

	get more() {
		return this.sent < this.requests;
	}

	note(what, text) {
		this.wrong.push({ what, text });
	}

	// The fake remembers its last thousand requests.
	async look() {
		const mark = new RegExp(`u(\\d+)x${this.tag}`, 'g');
		const bodies = JSON.stringify(await this.fake.requests()
			.catch(() => []));
		for (const [, n] of bodies.matchAll(mark))
			this.asked.add(Number(n));
	}

	// A request for anything but a reply.
	async call(random, request) {
		this.others++;
		const seen = await send(this.siteFor(random, request), request);
		await this.#rest(seen);
		return seen;
	}

	// A question, in one of the APIs. Returns its entry once it is over.
	async ask(random, { api, model, key, path = pathOf[api], headers,
		session, leave, recall, calls, daemons, ...more }) {
		const n = this.entries.length;
		const q = question(random, model, n, this.tag,
			{ share: this.faults, recall, calls });
		const request = { api, path, key, headers, leave,
			body: bodyOf(api, model, q, more) };
		const site = this.siteFor(random, { daemons });
		const entry = { n, q, api, model: model.name, key, session,
			stream: Boolean(more.stream), choices: more.choices || 1,
			store: more.store, background: Boolean(more.background),
			mount: site.name, wall: Date.now(), how: null };
		this.entries.push(entry);
		session?.entries.push(entry);
		if (q.once)
			await this.fake.scenes(q.once).catch(() => {});
		Object.assign(entry, await send(site, request));
		entry.wallEnd = Date.now();
		this.#check(entry);
		await this.#rest(entry);
		return entry;
	}

	siteFor(random, { daemons = false }) {
		return random.pick(daemons ? this.sites.filter((site) =>
			site.mount.program === 'kimi.fcgi') : this.sites);
	}

	// What can be said without the database.
	#check({ n, q, how, id, reply, background }) {
		if (how !== 'ack' || background)
			return;
		if (q.text !== undefined
			&& reply.texts.some((text) => text !== q.text))
			this.note('different', `request ${n} (${id}): ${
				reply.texts[0].slice(0, 200)} instead of ${
				q.text.slice(0, 200)}`);
		if (reply.again && reply.again[0] !== reply.texts[0])
			this.note('different', `request ${n} (${id}): the end of `
				+ 'the stream has another text than its deltas');
		if (JSON.stringify(reply.calls) !== JSON.stringify(q.calls))
			this.note('different', `request ${n} (${id}): calls ${
				JSON.stringify(reply.calls)}`);
	}

	async #rest({ how }) {
		this.silent += how === 'silence';
		// The program is being started again: do not use up all requests.
		if (how === 'server' || how === 'cut')
			await new Promise((resolve) => setTimeout(resolve, 150));
	}
}
