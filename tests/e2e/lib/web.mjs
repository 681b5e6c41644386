// SPDX-License-Identifier: MIT
// Kimi web's current protocol as seen by the fake: credentials for one check,
// their requests, and what remains of them.

import assert from 'node:assert/strict';
import { until } from './process.mjs';
import { paths, unary } from './connect.mjs';
import { sentWith } from './kimi.mjs';

let serial = 0;

export const webKey = (word = 'own') =>
	`web:${word}-refresh-token-${++serial}-of-one-check`;

// Calls of Chat whose body contains a word, oldest first.
export const chatsWith = (site, word) => sentWith(site, word, 'chat');

export async function onlyChat(site, word) {
	const found = await chatsWith(site, word);
	assert.equal(found.length, 1, `${found.length} chats with ${word}`);
	return found[0].body;
}

// The ids of the chats that an account has; `sent` is one of its requests.
export async function chatsOf(site, sent) {
	const r = await unary(site.fake, sent.token, paths.list, {});
	assert.equal(r.status, 200, r.text);
	return r.json.chats.map((c) => c.id);
}

// The messages of a chat, oldest first.
export async function messagesOf(site, sent, id) {
	const r = await unary(site.fake, sent.token, paths.messages,
		{ chat_id: id });
	assert.equal(r.status, 200, r.text);
	return r.json.messages.reverse();
}

// The owner of an access token.
const ownerOf = (token) => JSON.parse(Buffer.from(token.split('.')[1],
	'base64url')).sub;

// How many chats an account had deleted, by one call or by several.
export const deletedBy = async (site, owner) => (await site.fake.requests())
	.filter((r) => r.route.startsWith('delete') && ownerOf(r.token) === owner)
	.reduce((n, r) => n + (r.body.chat_ids?.length ?? 1), 0);

// Nothing remains of a request with that word: all chats that were created
// (`made`) were deleted, and the account has none.
export async function leavesNothing(site, word, made = 1) {
	const [sent] = await until(`something with ${word}`, async () => {
		const found = await chatsWith(site, word);
		return found.length >= 1 && found;
	});
	await until(`the chat of ${word} is deleted`, async () =>
		(await chatsOf(site, sent)).length === 0
		&& await deletedBy(site, ownerOf(sent.token)) >= made, 100);
}

export const textOf = ({ body }) => body.message.blocks
	.map((b) => b.text?.content || '').join('');
