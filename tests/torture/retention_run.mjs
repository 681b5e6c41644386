// SPDX-License-Identifier: MIT
// Part of make torture: a gigabyte that must become 200 MiB.

import { defaults, retention } from './retention.mjs';

const { figures, wrong } = await retention({
	bytes: Number(process.env.BYTES || defaults.bytes),
	say: (line) => console.log(line) });
for (const [what, n] of Object.entries(figures))
	console.log(`${what.padEnd(20)} ${Number.isInteger(n) ? n : n.toFixed(1)}`);
wrong.slice(0, 20).forEach((line) => console.log(`WRONG: ${line}`));
process.exit(wrong.length ? 1 : 0);
