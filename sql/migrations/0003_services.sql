-- SPDX-License-Identifier: MIT
-- What was learned about Kimi's services.

-- What an adapter learned with a credential: which host knows the key, what an
-- uploaded file is called there. Deleting a note only costs time.
CREATE TABLE notes (
  credential TEXT    NOT NULL,                 -- fingerprint
  name       TEXT    NOT NULL,
  value      TEXT    NOT NULL,
  noted_at   INTEGER NOT NULL,
  PRIMARY KEY (credential, name)
) STRICT, WITHOUT ROWID;

-- Requests that run with a credential whose service allows only so many at
-- once. That of a killed process expires. An id is never used twice: a process
-- that was only slow still renews and releases its own.
CREATE TABLE leases (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  credential  TEXT    NOT NULL,                -- fingerprint
  lease_until INTEGER NOT NULL
) STRICT;

CREATE INDEX leases_of_credential ON leases (credential, lease_until);

-- The models a service listed for a credential.
CREATE TABLE model_lists (
  credential TEXT    PRIMARY KEY,              -- fingerprint
  service    TEXT    NOT NULL,
  models     TEXT    NOT NULL,                 -- JSON
  listed_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What a reply is recognised by when a client sends it back without its
-- reasoning: the id of its first call, or the SHA-256 of its text.
ALTER TABLE messages ADD COLUMN replay TEXT;

CREATE INDEX messages_by_replay ON messages (replay)
  WHERE replay IS NOT NULL;
