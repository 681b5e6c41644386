-- SPDX-License-Identifier: MIT
-- Times are milliseconds since 1970 (UTC). Secrets are never stored: API keys
-- and credentials appear by fingerprint (SHA-256) and label only.

CREATE TABLE keys (
  id          INTEGER PRIMARY KEY,
  fingerprint TEXT    NOT NULL UNIQUE,
  label       TEXT    NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;

-- A conversation belongs to the key that began it: the same name under
-- another key is another conversation.
CREATE TABLE conversations (
  id         INTEGER PRIMARY KEY,
  key_id     INTEGER NOT NULL REFERENCES keys (id),
  name       TEXT    NOT NULL,
  -- Its chat at Kimi, if the service has chats.
  credential TEXT,             -- fingerprint
  chat       TEXT,
  message    TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (key_id, name)
) STRICT;

-- One row per chat request. A running one has its conversation for itself
-- until lease_until; the lease of a killed process expires. (A stateless
-- request gets its row when it ends, or after its first second.)
CREATE TABLE requests (
  seq               INTEGER PRIMARY KEY,
  id                TEXT    NOT NULL UNIQUE,   -- x-request-id
  key_id            INTEGER NOT NULL REFERENCES keys (id),
  conversation_id   INTEGER REFERENCES conversations (id),
  dialect           TEXT    NOT NULL,
  model             TEXT    NOT NULL,
  stream            INTEGER NOT NULL CHECK (stream IN (0, 1)),
  status            TEXT    NOT NULL DEFAULT 'running'
                    CHECK (status IN ('running', 'done', 'failed', 'cancelled')),
  lease_until       INTEGER NOT NULL,
  credential        TEXT,                      -- label
  http_status       INTEGER,
  finish_reason     TEXT,
  prompt_tokens     INTEGER,
  completion_tokens INTEGER,
  cached_tokens     INTEGER,
  reasoning_tokens  INTEGER,
  token_source      TEXT
                    CHECK (token_source IN ('upstream', 'counted', 'estimated')),
  first_token_ms    INTEGER,
  duration_ms       INTEGER,
  error_kind        TEXT,
  error             TEXT,
  started_at        INTEGER NOT NULL
) STRICT;

CREATE INDEX requests_running ON requests (lease_until)
  WHERE status = 'running';
CREATE INDEX requests_of_conversation ON requests (conversation_id)
  WHERE conversation_id IS NOT NULL;

-- What was said: every reply, also the partial one of a failed turn. Only a
-- message of a conversation has a conversation_id.
CREATE TABLE messages (
  id              INTEGER PRIMARY KEY,
  request_seq     INTEGER NOT NULL REFERENCES requests (seq),
  conversation_id INTEGER REFERENCES conversations (id),
  role            TEXT    NOT NULL
                  CHECK (role IN ('system', 'user', 'assistant', 'tool')),
  name            TEXT,
  content         TEXT,                        -- plain text
  media           TEXT,                        -- JSON: all parts, if not only text
  reasoning       TEXT,
  tool_calls      TEXT,                        -- JSON
  tool_call_id    TEXT,
  citations       TEXT,                        -- JSON
  created_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX messages_of_conversation ON messages (conversation_id, id)
  WHERE conversation_id IS NOT NULL;

-- The access tokens of a credential's last renewal, encrypted under a key
-- derived from the credential, and its cooldown.
CREATE TABLE credentials (
  fingerprint    TEXT    PRIMARY KEY,
  label          TEXT    NOT NULL,
  resting_until  INTEGER NOT NULL DEFAULT 0,
  rest_kind      TEXT,
  access_token   BLOB,
  refresh_token  BLOB,
  expires_at     INTEGER NOT NULL DEFAULT 0,
  renewing_until INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Usage, counted in the transaction that closes each request.
CREATE TABLE counters (
  day               TEXT    NOT NULL,          -- UTC
  key_id            INTEGER NOT NULL REFERENCES keys (id),
  model             TEXT    NOT NULL,
  token_source      TEXT    NOT NULL,
  requests          INTEGER NOT NULL,
  failures          INTEGER NOT NULL,
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cached_tokens     INTEGER NOT NULL,
  reasoning_tokens  INTEGER NOT NULL,
  PRIMARY KEY (day, key_id, model, token_source)
) STRICT, WITHOUT ROWID;

-- Which credential of a service is used next.
CREATE TABLE rotation (
  pool TEXT    PRIMARY KEY,
  next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
