-- SPDX-License-Identifier: MIT
-- Requests wait for a slot in line, as rows behind those of the running ones.

ALTER TABLE slots ADD COLUMN
  awaited INTEGER NOT NULL DEFAULT 0;          -- 1: somebody waits behind it
