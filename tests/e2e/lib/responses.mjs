// SPDX-License-Identifier: MIT
// Responses as most tests request them; each body and stream is checked against
// its shape.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { until } from './process.mjs';
import { Stream, call } from './http.mjs';
import * as shapes from './shapes_responses.mjs';
import { eventsOf, numbered, responseStream } from './sse.mjs';
import { errorOf } from './suite.mjs';
import * as s from './shapes.mjs';

export const base = '/v1/responses';

export const ask = (input, more = {}) => ({ model: 'k2', input, ...more });

function bodyOf(reply, shape) {
	assert.equal(reply.status, 200, reply.text.slice(0, 800));
	shape(reply.json);
	return reply.json;
}

export const respond = async (site, body, request = {}) => bodyOf(
	await call(site, request.path || base, { body, ...request }),
	shapes.response);

export const get = async (site, id, request) => bodyOf(
	await call(site, `${base}/${id}`, request), shapes.response);

export const remove = async (site, id, request) => bodyOf(await call(site,
	`${base}/${id}`, { method: 'DELETE', ...request }), shapes.responseDeleted);

export const cancel = async (site, id) => bodyOf(await call(site,
	`${base}/${id}/cancel`, { method: 'POST' }), shapes.response);

export const inputItems = async (site, id, query = '') => bodyOf(
	await call(site, `${base}/${id}/input_items${query}`),
	shapes.itemList).data;

export async function refused(site, body, status = 400, request = {}) {
	const r = await call(site, base, { body, ...request });
	const error = errorOf(r, status);
	s.error(r.json);
	return error;
}

export async function gone(site, path, request) {
	const r = await call(site, path, request);
	s.error(r.json);
	return errorOf(r, 404);
}

// A stream as it arrives, and the whole of it once it has ended.
export const watch = (site, body, request) => new Stream(site, base,
	{ ...request, body: { ...body, stream: true } });

export async function whole(stream) {
	await stream.done;
	assert.equal(stream.status, 200, stream.raw.slice(0, 800));
	return responseStream(stream.raw);
}

export const resumed = (site, id, after, request = {}) => new Stream(site,
	`${base}/${id}?stream=true${after < 0 ? '' : `&starting_after=${after}`}`,
	request);

// The events that have arrived completely so far.
export const come = (stream) => numbered(eventsOf(stream.raw, { cut: true })
	.filter((e) => e.data !== '[DONE]'));

export async function events(stream, n) {
	await until(`${n} events`, () => stream.ended || come(stream).length >= n,
		5);
	const all = come(stream);
	assert.ok(all.length >= n, `${all.length} of ${n} events: ${stream.raw}`);
	return all;
}

export const textOf = (response) => response.output.filter((item) =>
	item.type === 'message').flatMap((item) => item.content)
	.map((part) => part.text).join('');

export const callOf = (response) => response.output.find((item) =>
	/_call$/.test(item.type));

export const resultOf = (response, output) => {
	const { type, call_id } = callOf(response);
	return { type: `${type}_output`, call_id, output };
};

export const weather = { type: 'function', name: 'weather', strict: false,
	description: 'Weather of a city', parameters: { type: 'object',
		properties: { city: { type: 'string' } } } };

export const calling = { reasoning: 'where is that?', answer: '', tool_calls: [
	{ id: 'weather:0', name: 'weather', arguments: '{"city":"Oslo"}' }] };

// Whether a text is in the database files. Content moves from the log to the
// main file, so the log is read first.
export const inFiles = (site, text) => ['-wal', '', '-shm'].some((end) =>
	fs.existsSync(site.db + end)
	&& fs.readFileSync(site.db + end).includes(text));
