// SPDX-License-Identifier: MIT
// A truth run: many clients, all mounts on one database, faults at Kimi, kill -9
// of the program. Afterwards the database must tell what the clients saw.

import fs from 'node:fs';
import path from 'node:path';
import { folder, give, sleep } from '../e2e/lib/process.mjs';
import { startFake } from '../e2e/lib/fake.mjs';
import { mountNames, startSite } from '../e2e/lib/site.mjs';
import { Chaos } from './chaos.mjs';
import { Random } from './random.mjs';
import { client, download } from './scripts.mjs';
import { leases, rowsOf, truth } from './truth.mjs';
import { World } from './world.mjs';

export const defaults = { requests: 20000, killEvery: 500, faults: 0.1,
	clients: 32, mounts: mountNames };

// Keys of the server, and credentials of clients' own.
const keys = [1, 2, 3, 4, 5, 6].map((n) => `sk-torture-${n}`);
const own = [1, 2].map((n) => [1, 2].map((m) =>
	`platform:sk-own-credential-${n}-${m}-of-a-client`).join());

const CREDENTIALS = 6;	// of each service
const LOOK = 2000;	// ms between two looks at what Kimi was asked
const LEASES = 60000;	// ms within which all leases of dead processes are over

// The web service's protocols, in turn, so that both meet FastCGI and CGI. A
// chat of one is unknown to the other, so each has accounts of its own.
function settingsOf(index) {
	const protocol = ['current', 'legacy'][index % 2];
	const six = (name) => Array.from({ length: CREDENTIALS }, (_, i) =>
		`${name}-${i}-of-the-torture`);
	return { KIMI_WEB_PROTOCOL: protocol, KIMI_WEB_STREAMS: '1',
		KIMI_CODE_STREAMS: '4', KIMI_KEEPALIVE: '1', KIMI_RESUME: '2',
		DEFAULT_AUTHKEYS: keys.join(), KIMI_STRANGER_REQUESTS: '0',
		KIMI_STRANGER_TOKENS: '1000000000000',
		KIMI_TOKENS: [...six(`web:refresh-${protocol}`),
			...six('platform:sk'), ...six('code:sk-kimi')].join() };
}

async function startAll({ mounts }) {
	const dir = folder('torture');
	const data = path.join(dir, 'data');
	fs.mkdirSync(data);
	give(data);
	const db = path.join(data, 'kimi.db');
	const fake = await startFake(dir);
	const sites = [];
	for (const [i, name] of mounts.entries())
		sites.push(await startSite(name, { fake, db,
			settings: settingsOf(i) }));
	return { dir, db, fake, sites };
}

// options: the defaults above, seed, and say(line), called every ten seconds.
export async function torture(options) {
	const all = { ...defaults, ...options };
	const { say = () => {} } = all;
	const begun = Date.now();
	const { dir, db, fake, sites } = await startAll(all);
	const tag = `t${all.seed.toString(36)}z`;
	const world = new World({ sites, fake, keys: [...keys, ...own], tag,
		requests: all.requests, faults: all.faults });
	world.db = db;
	const chaos = new Chaos(world, all.seed, all.killEvery);
	const wrong = [];
	await chaos.settle();
	chaos.run();
	const timer = setInterval(() => say(progress(world, chaos)), 10000);
	const look = setInterval(() => world.look(), LOOK);
	await Promise.all(Array.from({ length: all.clients }, (_, i) =>
		client(world, all.seed, i)));
	clearInterval(look);
	await world.look();
	await chaos.end();
	const trafficMs = Date.now() - begun;
	const leaseMs = await settle(world, all.seed);
	const chats = await chatsLeft(fake, db);
	clearInterval(timer);
	for (const site of sites)
		await site.stop().catch((e) => wrong.push({ what: 'deaths',
			text: `${site.name}: ${e.message}` }));
	await fake.stop();
	wrong.push(...chaos.deaths.map((text) => ({ what: 'deaths', text })));
	const found = await truth(world, db);
	wrong.push(...world.wrong, ...found.wrong, ...Array(world.silent)
		.fill({ what: 'silence', text: 'a request' }));
	return { dir, db, world, wrong, figures: { ...figuresOf(world),
		...found.figures, ...chats, kills: chaos.kills,
		killed: chaos.killed, outages: chaos.outages, trafficMs, leaseMs,
		mounts: sites.length, seed: all.seed } };
}

// Nothing disturbs the program any more: what dead processes left must be freed
// by the requests of those that live. Returns how long that took.
async function settle(world, seed) {
	const begun = Date.now();
	const random = new Random(seed, 8888);
	world.faults = 0;
	await rowsOf(world.db, 'UPDATE credentials SET cooldown_until = 0');
	await files(world, random);
	for (;;) {
		const left = await leases(world.db);
		if (!Object.values(left).some((n) => n > 0)
			|| Date.now() - begun > LEASES)
			return Date.now() - begun;
		await rouse(world, random);
		await sleep(300);
	}
}

// Every file that nobody deleted can be read, at last.
async function files(world, random) {
	const kept = world.files.filter((f) => f.deleted === null);
	for (let i = 0; i < 40 && kept.length; i++) {
		const [f] = kept.splice(random.below(kept.length), 1);
		if (await download(world, random, f) !== true)
			world.note('files', `${f.id} cannot be read`);
	}
}

// One request of each kind that looks for leases of others.
async function rouse(world, random) {
	const [key] = world.keys;
	const session = world.sessions.find((s) => s.name.endsWith('-closing'))
		|| world.sessions[world.sessions.push({ name:
			`talk-${world.tag}-closing`, key, entries: [], deleted: null })
			- 1];
	await world.ask(random, { api: 'openai_chat', key, session,
		model: { name: 'k2', service: 'web' },
		path: `/v1/chat/completions/${session.name}` });
	await world.call(random, { path: '/v1/files', key,
		headers: { 'content-type': 'multipart/form-data; boundary=b' },
		body: Buffer.from('--b\r\nContent-Disposition: form-data; '
			+ 'name="file"; filename="x"\r\n\r\nlast\r\n--b\r\n'
			+ 'Content-Disposition: form-data; name="purpose"\r\n\r\n'
			+ 'user_data\r\n--b--\r\n') });
}

// Chats at Kimi that no conversation has: those of killed processes.
async function chatsLeft(fake, db) {
	const { chats } = await fake.stats();
	const rows = await rowsOf(db, `SELECT chat FROM conversations
		WHERE chat IS NOT NULL`);
	const ours = new Set(rows.map((r) => r.chat));
	return { chatsLeft: chats.filter((id) => !ours.has(id)).length };
}

const count = (list, how) => list.filter((e) => e.how === how).length;

function figuresOf(world) {
	const { entries } = world;
	const faulty = entries.filter((e) => e.q.fault);
	const times = entries.filter((e) => e.how === 'ack')
		.map((e) => e.ended - e.begun).sort((a, b) => a - b);
	return { requests: world.sent, questions: entries.length,
		acknowledged: count(entries, 'ack'), errors: count(entries, 'error'),
		cut: count(entries, 'cut'), left: count(entries, 'left'),
		server: count(entries, 'server'), faults: faulty.length,
		faultsOvercome: count(faulty, 'ack'),
		medianMs: Math.round(times[times.length >> 1] || 0),
		slowestMs: Math.round(times.at(-1) || 0) };
}

const progress = (world, chaos) => `${world.sent} of ${world.requests} `
	+ `requests, ${count(world.entries, 'ack')} acknowledged, ${
		chaos.kills} kills, ${world.wrong.length} wrong so far`;
