// SPDX-License-Identifier: MIT
// make torture: runs it and reports; README.md says what the variables mean.

import fs from 'node:fs';
import path from 'node:path';
import { report } from './report.mjs';
import { defaults, torture } from './torture.mjs';

const number = (name, otherwise) => {
	const value = Number(process.env[name] || otherwise);
	if (!Number.isFinite(value) || value < 0)
		throw new Error(`${name} is not a number: ${process.env[name]}`);
	return value;
};

const options = { requests: number('REQUESTS', defaults.requests),
	killEvery: number('KILL_EVERY', defaults.killEvery),
	faults: number('FAULTS', defaults.faults),
	clients: number('CLIENTS', defaults.clients),
	seed: number('SEED', Math.floor(Math.random() * 1e6)),
	...(process.env.MOUNTS ? { mounts: process.env.MOUNTS.split(',') } : {}),
	say: (line) => console.log(line) };

console.log(`SEED=${options.seed} REQUESTS=${options.requests} KILL_EVERY=${
	options.killEvery} FAULTS=${options.faults}`);
const outcome = await torture(options);
console.log(`\n${report(outcome)}`);
if (process.env.JSON_FILE)
	fs.writeFileSync(path.resolve(process.env.JSON_FILE), JSON.stringify({
		figures: outcome.figures, wrong: outcome.wrong }, null, '\t'));
process.exit(outcome.wrong.length ? 1 : 0);
