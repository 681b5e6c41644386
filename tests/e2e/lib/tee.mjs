// SPDX-License-Identifier: MIT
// A fetch that records all traffic and checks every body and event against its
// shape.

import assert from 'node:assert/strict';
import * as s from './shapes.mjs';
import * as r from './shapes_responses.mjs';
import * as grammar from './sse.mjs';

// [method and path, the shape of a whole answer, the reader of a stream]
const routes = [
	['GET /models', s.models],
	['GET /models/*', s.model],
	['POST /completions', s.completion, grammar.completionStream],
	['POST /chat/completions', s.chatCompletion, grammar.chatStream],
	['GET /chat/completions', s.page(s.storedCompletion)],
	['GET /chat/completions/*', s.storedCompletion],
	['POST /chat/completions/chatcmpl-*', s.storedCompletion],
	['POST /chat/completions/*', s.chatCompletion, grammar.chatStream],
	['DELETE /chat/completions/*', s.completionDeleted],
	['GET /chat/completions/*/messages', s.page(s.storedMessage)],
	['POST /responses', r.response, grammar.responseStream],
	['POST /responses/input_tokens', r.inputTokens],
	['POST /responses/compact', r.compacted],
	['GET /responses/*', r.response, grammar.resumedEvents],
	['DELETE /responses/*', r.responseDeleted],
	['POST /responses/*/cancel', r.response],
	['GET /responses/*/input_items', r.itemList],
	['POST /conversations', r.conversation],
	['GET /conversations/*', r.conversation],
	['POST /conversations/*', r.conversation],
	['DELETE /conversations/*', r.conversationDeleted],
	['POST /conversations/*/items', r.itemList],
	['GET /conversations/*/items', r.itemList],
	['GET /conversations/*/items/*', r.item],
	['DELETE /conversations/*/items/*', r.conversation],
	['POST /files', s.file],
	['GET /files', s.files],
	['GET /files/*', s.file],
	['GET /files/*/content', () => {}],
	['DELETE /files/*', s.fileDeleted],
].map(([name, whole, read]) => ({ name, whole, read, re: new RegExp(
	`^${name.replaceAll('*', '[^/]+')}$`) }));

const routeOf = (method, path) => routes.find(({ re }) =>
	re.test(`${method} ${path.replace(/^(\/c\/[^/]+)?\/v1/, '')}`));

// The shape of a stream depends on the request.
const options = (query, body) => ({ n: body.n || 1,
	includeUsage: Boolean(body.stream_options?.include_usage) });

// Clients need not read past the last event.
const ended = (text) => /data: (\[DONE\]|\{"error":.*\})\n\n$/.test(text);

function checkStream({ route, query, body, text, cut }) {
	assert.ok(route.read, 'a stream, unasked');
	if (cut && !ended(text)) {
		const shape = { [grammar.chatStream.name]: s.chatChunk,
			[grammar.completionStream.name]: s.completionChunk }[
			route.read.name] || r.event;
		for (const { data } of grammar.eventsOf(text, { cut: true }))
			shape(data, 'event of a cut stream');
		return;
	}
	if (/^data: \{"error":/m.test(text))
		grammar.brokenChatStream(text);
	else
		route.read(text, route.read === grammar.resumedEvents
			? Number(query.get('starting_after') ?? -1)
			: options(query, body));
}

function checkOne(seen) {
	const { status, headers, text } = seen;
	assert.match(headers.get('x-request-id') || '', /^req_\w{24,}$/);
	assert.equal(headers.get('access-control-allow-origin'), '*');
	if (status >= 400) {
		s.error(JSON.parse(text));
		return;
	}
	assert.ok(seen.route, 'no such route here');
	assert.equal(status, 200);
	if (/^text\/event-stream/.test(headers.get('content-type')))
		checkStream(seen);
	else if (/^application\/json/.test(headers.get('content-type')))
		seen.route.whole(JSON.parse(text));
	else
		assert.match(seen.route.name, /content$/);
}

export class Tee {
	seen = [];

	fetch = async (url, init = {}) => {
		const { protocol, pathname, searchParams } = new URL(url);
		// openai 7 tries on data: how its fetch behaves.
		if (protocol === 'data:')
			return fetch(url, init);
		const res = await fetch(url, init);
		const seen = { method: init.method || 'GET', path: pathname,
			query: searchParams, status: res.status, text: '',
			headers: res.headers, cut: true,
			body: typeof init.body === 'string'
				? JSON.parse(init.body) : {} };
		seen.route = routeOf(seen.method, pathname);
		this.seen.push(seen);
		const decoder = new TextDecoder();
		return new Response(res.body.pipeThrough(new TransformStream({
			transform(piece, out) {
				seen.text += decoder.decode(piece, { stream: true });
				out.enqueue(piece);
			},
			flush() {
				seen.cut = false;
			},
		})), { status: res.status, headers: res.headers });
	};

	// Checks all traffic, and throws once for everything that was wrong.
	check() {
		const wrong = [];
		for (const seen of this.seen) {
			if (seen.cut && !/event-stream/.test(
				seen.headers.get('content-type')))
				continue;
			try {
				checkOne(seen);
			} catch (e) {
				wrong.push(`${seen.method} ${seen.path}?${seen.query} `
					+ `${JSON.stringify(seen.body).slice(0, 300)}\n`
					+ `${seen.status} ${e.message}\n`
					+ seen.text.slice(0, 600));
			}
		}
		assert.equal(wrong.length, 0, `${wrong.length} of ${
			this.seen.length}:\n${[...new Set(wrong)].join('\n\n')}`);
	}

	// Routes without a successful reply.
	missed = () => routes.map((route) => route.name).filter((name) =>
		!this.seen.some((seen) => seen.route?.name === name
			&& seen.status === 200));
}
