-- SPDX-License-Identifier: MIT
-- What the proxy learned of Kimi's services, and what clients uploaded.

-- Notes of an adapter, by credential: which host knows the key, what an
-- uploaded file is called there. Deleting any of them costs time only.
CREATE TABLE notes (
  credential TEXT    NOT NULL,                 -- fingerprint
  name       TEXT    NOT NULL,
  value      TEXT    NOT NULL,
  noted_at   INTEGER NOT NULL,
  PRIMARY KEY (credential, name)
) STRICT, WITHOUT ROWID;

-- Requests that run with a credential whose service allows only so many at
-- once. One of a process that was killed runs out by itself; never the same id
-- twice, as one that was only slow still renews and gives back its own.
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

-- By what an answer is found when a client sends it back without its
-- reasoning: its first call's id, or the SHA-256 of its text.
ALTER TABLE messages ADD COLUMN replay TEXT;

CREATE INDEX messages_by_replay ON messages (replay)
  WHERE replay IS NOT NULL;
