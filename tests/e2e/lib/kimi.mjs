// SPDX-License-Identifier: MIT
// Credentials for one check only, and what the program stores and sends for
// them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { say } from './http.mjs';

let serial = 0;

// A credential that no other check uses, so that no check cools it down for
// another. `word` may be one that the fake looks for: bad, cn, intl, high.
export const platformKey = (word = 'own') =>
	`platform:sk-${word}-credential-${++serial}-of-one-check`;
export const codeKey = (word = 'own') =>
	`code:sk-kimi-${word}-credential-${++serial}-of-one-check`;

// The secret that Kimi is shown.
export const secretOf = (key) => key.slice(key.indexOf(':') + 1);

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

export const fingerprint = (key) => sha256(key);

// Kind and remaining seconds of a credential's cooldown; undefined if it never
// had one.
export async function cooldownOf(site, key) {
	const [row] = await site.query(`SELECT cooldown_kind AS kind, cooldown_until
		FROM credentials WHERE fingerprint = '${sha256(key)}'`);
	return row?.kind ? { kind: row.kind,
		seconds: (row.cooldown_until - Date.now()) / 1000 } : undefined;
}

// Checks seconds that count down from `wanted`; `since` is a moment before they
// began to.
export function countsDown(got, wanted, since) {
	const gone = (Date.now() - since) / 1000;
	assert.ok(got <= wanted && got > wanted - 1 - gone,
		`${got} s of ${wanted}, ${gone} s later`);
}

// Whether the database knows anything of a credential.
export const isKnown = async (site, key) => (await site.query(`SELECT 1
	FROM credentials WHERE fingerprint = '${sha256(key)}' UNION ALL SELECT 1
	FROM credential_notes WHERE credential = '${sha256(key)}' UNION ALL SELECT 1
	FROM model_lists WHERE credential = '${sha256(key)}'`)).length > 0;

export const notesOf = (site, key) => site.query(`SELECT name, value FROM credential_notes
	WHERE credential = '${sha256(key)}' ORDER BY name`);

// Requests to Kimi whose body contains a word, oldest first.
export const sentWith = async (site, word, route = 'completion') =>
	(await site.fake.requests()).filter((r) => r.route === route
		&& JSON.stringify(r.body).includes(word));

// The body of the last of them.
export async function bodyWith(site, word, route) {
	const found = await sentWith(site, word, route);
	assert.ok(found.length > 0, `nothing was sent with ${word}`);
	return found.at(-1).body;
}

// Registers a scene for requests that contain the word.
export const laid = (site, word, scene, times = 1, more = {}) =>
	site.fake.scenes({ match: { prompt: word, ...more }, times, scene });

export const tool = (name) => ({ type: 'function', function: { name,
	description: `Does ${name}`, parameters: { type: 'object',
		properties: { what: { type: 'string' } } } } });

// What most tests send to the Open Platform and Kimi Code.
export const askK3 = (text, more = {}) => say(text, { model: 'kimi-k3',
	...more });
export const askCode = (text, more = {}) => say(text, { model: 'k3', ...more });

// An assistant message as most clients send it back: without reasoning.
export function forgetful({ role, content, tool_calls }) {
	return { role, content, ...(tool_calls ? { tool_calls } : {}) };
}

// Assembles the message of a stream, whose calls come in order without gaps.
export function messageOf(stream) {
	const m = { content: '', reasoning_content: '', annotations: [],
		tool_calls: [] };
	for (const { choices: [choice] } of stream.chunks) {
		const delta = choice?.delta || {};
		m.content += delta.content || '';
		m.reasoning_content += delta.reasoning_content || '';
		m.annotations.push(...delta.annotations || []);
		for (const { index, id, type, function: f } of
			delta.tool_calls || []) {
			assert.ok(index <= m.tool_calls.length, 'a gap in calls');
			m.tool_calls[index] ||= { id, type, function: {
				name: f.name, arguments: '' } };
			m.tool_calls[index].function.arguments += f.arguments;
		}
	}
	return m;
}
