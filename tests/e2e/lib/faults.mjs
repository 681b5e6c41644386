// SPDX-License-Identifier: MIT
// Checks each row of an error table: the error that the client gets, the
// credential's cooldown, the number of requests to Kimi.

import assert from 'node:assert/strict';
import { chat, scene, stream } from './http.mjs';
import { countsDown, cooldownOf, sentWith } from './kimi.mjs';
import { answerOf, errorOf } from './suite.mjs';

// A fault: the status, code and type that the client gets; kind and seconds of
// the credential's cooldown (none: the request was wrong); how often one
// credential is tried; the Retry-After that the client gets, or from which it
// counts down; words of the message.
//
//   { fault, status, code, type, cooldown: [kind, seconds], tries, after, resets,
//     says }

const secrets = /fake0123|sk-(kimi-)?\w+-credential/;

function checkError(error, row) {
	assert.equal(error.code, row.code ?? null, row.fault);
	assert.equal(error.type, row.type, row.fault);
	assert.match(error.message, row.says ?? /./, row.fault);
	assert.ok(!secrets.test(JSON.stringify(error)), error.message);
}

async function checkCooldown(site, key, row, since) {
	const cooldown = await cooldownOf(site, key);
	if (!row.cooldown) {
		assert.equal(cooldown, undefined, row.fault);
		return;
	}
	const [kind, seconds] = row.cooldown;
	assert.equal(cooldown.kind, kind, row.fault);
	if (seconds === Infinity)
		assert.ok(cooldown.seconds > 1e9, `${row.fault}: ${cooldown.seconds} s`);
	else
		countsDown(cooldown.seconds, seconds, since);
}

// A whole reply fails, and the credential cools down as the row says.
export async function faultWhole(site, row, ask, key) {
	const word = `whole-${row.fault}.`;
	const since = Date.now();
	const r = await chat(site, ask(scene({ fault: row.fault }, word)), { key });
	checkError(errorOf(r, row.status), row);
	assert.equal((await sentWith(site, word)).length, row.tries ?? 1);
	if (row.resets)
		countsDown(Number(r.headers['retry-after']), row.resets, since);
	else
		assert.equal(r.headers['retry-after'],
			row.after && String(row.after), row.fault);
	assert.equal(r.headers['x-should-retry'],
		row.code === 'insufficient_quota' ? 'false' : undefined);
	await checkCooldown(site, key, row, since);
	const request = await site.row(r.headers['x-request-id']);
	assert.equal(request.status, 'failed');
	assert.equal(request.http_status, row.status);
	assert.ok(!secrets.test(request.error), request.error);
}

// A stream that has not begun fails with the same status, not as a stream.
export async function faultStream(site, row, ask, key) {
	const s = stream(site, ask(scene({ fault: row.fault },
		`stream-${row.fault}.`)), { key });
	await s.done;
	assert.equal(s.status, row.status, s.raw);
	checkError(JSON.parse(s.raw).error, row);
}

// Another credential takes over if the fault was due to the first one.
export async function faultFailover(site, row, ask, keys) {
	const word = `failover-${row.fault}.`;
	await site.fake.scenes({ match: { prompt: word,
		token: keys[0].slice(keys[0].indexOf(':') + 1) }, times: -1,
	scene: { fault: row.fault } });
	const token = (key) => key.slice(key.indexOf(':') + 1);
	const asked = async () => (await sentWith(site, word))
		.map((r) => keys.findIndex((key) => token(key) === r.token));
	// The pool decides which comes first: repeat until it was the faulty one.
	let requests = 0;
	do {
		assert.ok(requests < 30, `${row.fault}: never asked the first`);
		for (const last = requests + 3; requests < last; requests++) {
			const r = await chat(site, ask(word), { key: keys.join(',') });
			if (row.cooldown)
				answerOf(r);
			else if (r.status !== 200)
				errorOf(r, row.status);
		}
	} while (!(await asked()).includes(0));
	const sent = await asked();
	if (row.cooldown) {
		// A short cooldown may be over by now.
		if (row.cooldown[1] >= 10)
			assert.equal(sent.filter((i) => i === 0).length, 1, row.fault);
		assert.equal(sent.filter((i) => i === 1).length, requests);
	} else {
		assert.equal(sent.length, requests, `${row.fault}: asked again`);
	}
}
