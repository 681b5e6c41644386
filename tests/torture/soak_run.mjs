// SPDX-License-Identifier: MIT
// make soak: runs it and says what the program held after so many requests.

import { growth, soak } from './soak.mjs';

const last = Number(process.env.REQUESTS || 100000);
const marks = [1000, 10000, 50000, 100000].filter((n) => n < last);

const cells = (...all) => console.log(all.map((c) => `${c}`.padStart(12)).join(''));
cells('requests', 'seconds', 'used, KiB', 'RSS', 'PSS', 'descriptors');
const { rows, unexpected } = await soak([...marks, last], {
	seed: Number(process.env.SEED || 1),
	say: (r) => cells(r.requests, r.seconds.toFixed(1), Math.round(r.used),
		r.rss, r.pss, r.descriptors) });
const wrong = [...growth(rows), ...Object.entries(unexpected)
	.map(([what, n]) => `${n} times ${what}`)];
wrong.forEach((line) => console.log(`WRONG: ${line}`));
process.exit(wrong.length ? 1 : 0);
