// SPDX-License-Identifier: MIT
// What clients do: each script is a short life of one client.

import { createHash } from 'node:crypto';
import { models } from './questions.mjs';
import { apis } from './client.mjs';
import { Random } from './random.mjs';

const names = Object.keys(apis);

// Keys of their own work with the service that they belong to.
const modelFor = (random, key) => random.pick(/^platform:/.test(key)
	? models.filter((m) => m.service === 'platform') : models);

const gone = (how, status) => how === 'error' && status === 404;

// --- Requests of their own

async function alone(world, random) {
	const key = random.pick(world.keys);
	const model = modelFor(random, key);
	const api = random.pick(names);
	const plain = api === 'openai_chat' && model.service !== 'web';
	const choices = plain && random.chance(0.1) ? random.between(2, 3) : 1;
	const stream = random.chance(0.5);
	await world.ask(random, { api, model, key, choices, stream,
		calls: plain && choices === 1 && random.chance(0.1),
		leave: stream && random.chance(0.06),
		store: api === 'openai_responses' || random.chance(0.1) ? false
			: undefined });
}

// --- Conversations

// Where a conversation is named: in the path, the base URL or a header.
function named(random, api, name) {
	const path = { openai_chat: '/chat/completions',
		openai_completions: '/completions', openai_responses: '/responses',
		anthropic_messages: '/messages' }[api];
	if (api === 'openai_chat' && random.chance(0.5))
		return { path: `/v1${path}/${name}` };
	return random.chance(0.5) ? { path: `/c/${name}/v1${path}` }
		: { path: `/v1${path}`, headers: { 'x-conversation-id': name } };
}

// The numbers of the questions that a reply to `recall` has.
const recalled = (world, reply) => new Set([...reply.texts[0].matchAll(
	new RegExp(`u(\\d+)x${world.tag}`, 'g'))].map((m) => Number(m[1])));

// Kimi must have been told all turns that were acknowledged before, and none
// that failed or belongs to another conversation.
function checkRecall(world, session, entry, before) {
	const told = recalled(world, entry.reply);
	const missing = before.filter((e) => !told.has(e.n));
	const strange = [...told].filter((n) => n !== entry.n
		&& !session.entries.some((e) => e.n === n && e.how !== 'error'));
	if (missing.length || strange.length)
		world.note('recalls', `request ${entry.n} (${entry.id}) in ${
			session.name}: without ${missing.map((e) => e.n)}; with ${
			strange}`);
}

const acknowledged = (session) => session.entries.filter((e) =>
	e.how === 'ack');

async function turns(world, random, session, count) {
	for (let i = 0; i < count && world.more; i++) {
		const model = modelFor(random, session.key);
		const api = random.pick(names.filter((n) =>
			n !== 'openai_completions'));
		const stream = random.chance(0.5);
		const recall = i > 0 && random.chance(0.25);
		const before = acknowledged(session);
		const entry = await world.ask(random, { api, model, session,
			key: session.key, stream, recall,
			...named(random, api, session.name),
			leave: stream && !recall && random.chance(0.05) });
		if (recall && entry.how === 'ack')
			checkRecall(world, session, entry, before);
	}
}

// Clients that send the whole history each time.
async function retell(world, random, session, count) {
	const history = [];
	for (let i = 0; i < count && world.more; i++) {
		const entry = await world.ask(random, { api: 'openai_chat', session,
			model: modelFor(random, session.key), key: session.key,
			stream: random.chance(0.5), history: [...history],
			...named(random, 'openai_chat', session.name) });
		if (entry.how === 'ack')
			history.push({ role: 'user', content: entry.q.prompt },
				{ role: 'assistant', content: entry.reply.texts[0] });
	}
}

async function talk(world, random) {
	const session = { name: `talk-${world.tag}-${world.sessions.length}`,
		key: random.pick(world.keys), entries: [], deleted: null };
	world.sessions.push(session);
	const count = random.between(2, 9);
	if (random.chance(0.2))
		await retell(world, random, session, count);
	else if (random.chance(0.2))
		await Promise.all([turns(world, random, session, count),
			turns(world, random, session, count)]);
	else
		await turns(world, random, session, count);
	if (random.chance(0.15))
		await forget(world, random, session);
}

async function forget(world, random, session) {
	const { how, status } = await world.call(random, { method: 'DELETE',
		key: session.key, path: random.pick([
			`/v1/chat/completions/${session.name}`,
			`/v1/conversations/${session.name}`]) });
	if (how === 'ack' || gone(how, status))
		session.deleted = 'yes';
	else if (how !== 'error')
		session.deleted = 'maybe';
}

// --- What is stored for its client

// Gets a stored reply again and compares it; deletes some.
async function again(world, random, entry) {
	const path = { openai_responses: '/v1/responses',
		openai_chat: '/v1/chat/completions' }[entry.api];
	const at = { key: entry.key, path: `${path}/${entry.reply.object}` };
	if (random.chance(0.5)) {
		const got = await world.call(random, { ...at, api: entry.api });
		if (gone(got.how, got.status))
			world.note('lost', `request ${entry.n} (${entry.id}): 404`);
		else if (got.how === 'ack'
			&& got.reply.texts[0] !== entry.reply.texts[0])
			world.note('different', `request ${entry.n} (${entry.id}), `
				+ `retrieved: ${got.reply.texts[0].slice(0, 200)}`);
	}
	if (random.chance(0.2))
		await remove(world, random, entry, at);
}

async function remove(world, random, entry, at) {
	const { how, status } = await world.call(random, { ...at,
		method: 'DELETE' });
	entry.deleted = how === 'ack' || gone(how, status) ? 'yes'
		: how === 'error' ? null : 'maybe';
	if (entry.deleted !== 'yes')
		return;
	const { how: then, status: code } = await world.call(random, at);
	if (then === 'ack')
		world.note('deleted', `request ${entry.n} (${entry.id}) was `
			+ `deleted and is still there: ${code}`);
}

// Responses, each of which continues the one before.
async function chain(world, random) {
	const key = random.pick(world.keys);
	const told = [];
	for (let i = random.between(1, 5); i > 0 && world.more; i--) {
		const last = told.at(-1);
		const recall = told.length > 0 && random.chance(0.3);
		if (recall)
			told.forEach((e) => e.quoted = true);
		const entry = await world.ask(random, { api: 'openai_responses',
			model: modelFor(random, key), key, recall,
			stream: random.chance(0.5), ...(last
				? { previous_response_id: last.reply.object } : {}) });
		if (entry.how !== 'ack')
			continue;
		if (recall)
			checkRecall(world, { name: last.reply.object, entries:
				[...told, entry] }, entry, told);
		told.push(entry);
	}
	for (const entry of told)
		if (world.more)
			await again(world, random, entry);
}

async function stored(world, random) {
	const key = random.pick(world.keys);
	const entry = await world.ask(random, { api: 'openai_chat', key,
		model: modelFor(random, key), stream: random.chance(0.5),
		store: true });
	if (entry.how === 'ack')
		await again(world, random, entry);
}

// A reply that is made after its request was answered.
async function background(world, random) {
	const key = random.pick(world.keys);
	const entry = await world.ask(random, { api: 'openai_responses', key,
		model: modelFor(random, key), background: true, daemons: true });
	if (entry.how !== 'ack')
		return;
	entry.begunAs = entry.reply;
	entry.how = 'left';
	for (let tries = 0; tries < 60 && world.more; tries++) {
		await new Promise((resolve) => setTimeout(resolve, 400));
		const got = await world.call(random, { api: entry.api, key,
			path: `/v1/responses/${entry.begunAs.object}` });
		if (gone(got.how, got.status))
			world.note('lost', `request ${entry.n} (${entry.id}), in the `
				+ 'background: 404');
		if (got.how !== 'ack' || /queued|in_progress/.test(
			got.reply.status))
			continue;
		if (got.reply.status === 'completed')
			finish(world, entry, got.reply);
		return;
	}
}

function finish(world, entry, reply) {
	Object.assign(entry, { how: 'ack', reply });
	if (reply.texts[0] !== entry.q.text)
		world.note('different', `request ${entry.n} (${entry.id}), in the `
			+ `background: ${reply.texts[0].slice(0, 200)}`);
}

// --- Files

function form(bytes, name) {
	const part = (disposition, body) => Buffer.concat([Buffer.from(
		`--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`),
	body, Buffer.from('\r\n')]);
	return { headers: { 'content-type': 'multipart/form-data; boundary=b' },
		body: Buffer.concat([part(`name="file"; filename="${name}"`, bytes),
			part('name="purpose"', Buffer.from('user_data')),
			Buffer.from('--b--\r\n')]) };
}

async function file(world, random) {
	const key = random.pick(world.keys.filter((k) => !k.includes(':')));
	const bytes = random.bytes(random.weighted([[8, random.between(4, 40000)],
		[2, random.between(300000, 900000)]]));
	const up = await world.call(random, { path: '/v1/files', key,
		...form(bytes, `file-${world.files.length}.bin`) });
	if (up.how !== 'ack')
		return;
	const entry = { id: up.reply.id, key, size: bytes.length, deleted: null,
		sha256: createHash('sha256').update(bytes).digest('hex') };
	world.files.push(entry);
	if (world.more)
		await download(world, random, entry);
	if (!world.more || !random.chance(0.3))
		return;
	const { how, status } = await world.call(random, { method: 'DELETE', key,
		path: `/v1/files/${entry.id}` });
	entry.deleted = how === 'ack' || gone(how, status) ? 'yes'
		: how === 'error' ? null : 'maybe';
}

// Whether the bytes are there, as they came: null, if nobody can say.
export async function download(world, random, { id, key, sha256, size }) {
	const got = await world.call(random, { key, raw: true,
		path: `/v1/files/${id}/content` });
	if (gone(got.how, got.status))
		world.note('files', `${id}: 404`);
	// A web server may end the bytes of a killed program as if they were all.
	if (got.how !== 'ack' || got.bytes.length < size)
		return null;
	const same = sha256 === createHash('sha256').update(got.bytes)
		.digest('hex');
	if (!same)
		world.note('files', `${id} has other bytes than it had`);
	return same;
}

// --- Everybody

const scripts = [[40, alone], [12, talk], [5, chain], [6, stored],
	[2, background], [4, file]];

// A client plays one script after another until all requests are sent. Each
// script has numbers of its own, so that one that ran differently does not
// change the next.
export async function client(world, seed, which) {
	for (let i = 0; world.more; i++) {
		const random = new Random(seed, which, i);
		await random.weighted(scripts)(world, random);
	}
}
