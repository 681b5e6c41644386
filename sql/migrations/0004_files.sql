-- SPDX-License-Identifier: MIT
-- Files that clients uploaded. Those of one API key with the same bytes share
-- a content.

-- An id is never used twice: who reads a content that is deleted must not end
-- up in another.
CREATE TABLE file_contents (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  key_id      INTEGER NOT NULL REFERENCES keys (id),
  sha256      TEXT    NOT NULL,
  size        INTEGER NOT NULL,                -- bytes
  lease_until INTEGER                          -- being uploaded; NULL: whole
) STRICT;

CREATE UNIQUE INDEX file_contents_whole ON file_contents (key_id, sha256)
  WHERE lease_until IS NULL;
CREATE INDEX file_contents_unfinished ON file_contents (lease_until)
  WHERE lease_until IS NOT NULL;

-- 256 KiB each, except for the last one.
CREATE TABLE file_chunks (
  content_id INTEGER NOT NULL REFERENCES file_contents (id),
  place      INTEGER NOT NULL,                 -- from 0
  bytes      BLOB    NOT NULL,
  PRIMARY KEY (content_id, place)
) STRICT;

CREATE TABLE files (
  seq        INTEGER PRIMARY KEY,
  id         TEXT    NOT NULL UNIQUE,          -- "file-…"
  key_id     INTEGER NOT NULL REFERENCES keys (id),
  content_id INTEGER NOT NULL REFERENCES file_contents (id),
  name       TEXT    NOT NULL,
  type       TEXT    NOT NULL,
  purpose    TEXT    NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX files_of_key ON files (key_id, seq);
CREATE INDEX files_of_content ON files (content_id);
