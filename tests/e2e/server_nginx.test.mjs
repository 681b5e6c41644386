// SPDX-License-Identifier: MIT
import { serverTests } from './lib/suite.mjs';

serverTests('nginx');
