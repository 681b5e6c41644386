-- SPDX-License-Identifier: MIT
-- What a client may do that brings its own credentials depends on whether Kimi
-- has accepted them. Kimi has, where it renewed their tokens.

ALTER TABLE credentials ADD COLUMN
  accepted_at INTEGER;                         -- by Kimi; NULL: not yet
ALTER TABLE credentials ADD COLUMN
  others_checked_at INTEGER NOT NULL DEFAULT 0; -- of an API key that lists it

UPDATE credentials SET accepted_at = unixepoch() * 1000
 WHERE access_token IS NOT NULL;
