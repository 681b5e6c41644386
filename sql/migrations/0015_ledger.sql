-- SPDX-License-Identifier: MIT
-- The owner's side: named API keys with limits and budgets, what each request
-- cost and how it went, credentials that are kept here.

-- --- API keys ----------------------------------------------------------------

ALTER TABLE keys ADD COLUMN public_id TEXT;    -- "key_…", for people and APIs
ALTER TABLE keys ADD COLUMN name TEXT;         -- the owner's; NULL: none
ALTER TABLE keys ADD COLUMN
  origin TEXT NOT NULL DEFAULT 'settings'      -- where its secret comes from
         CHECK (origin = 'settings' OR origin = 'database'
                OR origin = 'stranger' OR origin = 'nobody');
ALTER TABLE keys ADD COLUMN
  admin INTEGER NOT NULL DEFAULT 0             -- 1: may see everybody's usage
        CHECK (admin = 0 OR admin = 1);
ALTER TABLE keys ADD COLUMN blocked_at INTEGER;
ALTER TABLE keys ADD COLUMN revoked_at INTEGER;
ALTER TABLE keys ADD COLUMN expires_at INTEGER;
ALTER TABLE keys ADD COLUMN last_used_at INTEGER; -- at most a minute too old
ALTER TABLE keys ADD COLUMN models TEXT;       -- JSON list; NULL: all
ALTER TABLE keys ADD COLUMN credentials TEXT;  -- JSON list of names; NULL: all
ALTER TABLE keys ADD COLUMN requests_per_minute INTEGER; -- NULL: no limit
ALTER TABLE keys ADD COLUMN tokens_per_minute INTEGER;   -- NULL: no limit
ALTER TABLE keys ADD COLUMN max_concurrent INTEGER;      -- NULL: no limit
ALTER TABLE keys ADD COLUMN reserve_output INTEGER; -- tokens; NULL: the default
ALTER TABLE keys ADD COLUMN space INTEGER;     -- bytes; NULL: the setting's
ALTER TABLE keys ADD COLUMN
  on_disconnect TEXT                           -- NULL: 'cancel'
                CHECK (on_disconnect = 'cancel' OR on_disconnect = 'finish');
-- When the limits per minute are free again: nanoseconds since 1970.
ALTER TABLE keys ADD COLUMN requests_tat INTEGER NOT NULL DEFAULT 0;
ALTER TABLE keys ADD COLUMN tokens_tat INTEGER NOT NULL DEFAULT 0;

UPDATE keys SET public_id = 'key_' || lower(hex(randomblob(12)));
UPDATE keys SET origin = 'stranger' WHERE stranger IS NOT NULL;

CREATE UNIQUE INDEX keys_by_public_id ON keys (public_id);
CREATE UNIQUE INDEX keys_by_name ON keys (name) WHERE name IS NOT NULL;

-- The secrets of the keys that the database has itself. After a rotation a key
-- has two, one of which ends.
CREATE TABLE key_secrets (
  fingerprint  TEXT    PRIMARY KEY,            -- SHA-256
  key_id       INTEGER NOT NULL REFERENCES keys (id),
  label        TEXT    NOT NULL,               -- its ends
  created_at   INTEGER NOT NULL,
  valid_until  INTEGER,                        -- NULL: no end
  last_used_at INTEGER                         -- at most a minute too old
) STRICT, WITHOUT ROWID;

CREATE INDEX key_secrets_of_key ON key_secrets (key_id);

-- What a key may use in a period: tokens, or nano-units of a currency.
CREATE TABLE budgets (
  key_id INTEGER NOT NULL REFERENCES keys (id),
  period TEXT    NOT NULL
         CHECK (period = 'day' OR period = 'week' OR period = 'month'
                OR period = 'total'),
  unit   TEXT    NOT NULL,                     -- 'tokens', 'USD', 'CNY'
  amount INTEGER NOT NULL,
  PRIMARY KEY (key_id, period, unit)
) STRICT, WITHOUT ROWID;

-- What it has used of it, and what running requests have reserved. A new period
-- has a new row.
CREATE TABLE budget_uses (
  key_id   INTEGER NOT NULL REFERENCES keys (id),
  period   TEXT    NOT NULL,
  unit     TEXT    NOT NULL,
  began_at INTEGER NOT NULL,                   -- 0: of 'total'
  used     INTEGER NOT NULL,
  reserved INTEGER NOT NULL,
  PRIMARY KEY (key_id, period, unit, began_at)
) STRICT, WITHOUT ROWID;

-- --- Prices ------------------------------------------------------------------

-- Micro-units of the currency per million tokens. NULL: unknown, so requests
-- that need it have no cost. The newest row applies that is not after the
-- request's start.
CREATE TABLE prices (
  id             INTEGER PRIMARY KEY,
  service        TEXT    NOT NULL,             -- 'platform', 'code', 'web'
  region         TEXT    NOT NULL,             -- 'cn', 'global'; '': each
  model          TEXT    NOT NULL,             -- a name, or its start and '*'
  currency       TEXT    NOT NULL,
  since          INTEGER NOT NULL,
  input          INTEGER,
  cached         INTEGER,
  cache_write    INTEGER,                      -- kept for 5 minutes
  cache_write_1h INTEGER,
  output         INTEGER,
  per_search     INTEGER,                      -- micro-units each
  source         TEXT    NOT NULL,
  UNIQUE (service, region, model, currency, since)
) STRICT;

-- --- Requests ----------------------------------------------------------------

ALTER TABLE requests ADD COLUMN service TEXT;  -- 'platform', 'code', 'web'
ALTER TABLE requests ADD COLUMN region TEXT;   -- 'cn', 'global'
ALTER TABLE requests ADD COLUMN cache_write_tokens INTEGER;
ALTER TABLE requests ADD COLUMN cache_write_1h_tokens INTEGER; -- part of them
ALTER TABLE requests ADD COLUMN searches INTEGER;  -- that Kimi charges for
ALTER TABLE requests ADD COLUMN cost INTEGER;  -- nano-units; NULL: unknown
ALTER TABLE requests ADD COLUMN currency TEXT;
ALTER TABLE requests ADD COLUMN price_id INTEGER REFERENCES prices (id);
-- What the same would have cost on the Open Platform.
ALTER TABLE requests ADD COLUMN list_cost INTEGER;
ALTER TABLE requests ADD COLUMN list_currency TEXT;
-- While it runs: what it has reserved of its key's limits and budgets.
ALTER TABLE requests ADD COLUMN reserved_tokens INTEGER;
ALTER TABLE requests ADD COLUMN reserved_cost INTEGER;
ALTER TABLE requests ADD COLUMN reserved_currency TEXT;

CREATE INDEX requests_of_key ON requests (key_id, started_at);
CREATE INDEX requests_by_start ON requests (started_at);
CREATE INDEX requests_failed ON requests (started_at)
  WHERE status <> 'done' AND status <> 'running';

-- Each try of a credential. Times are milliseconds after the request came;
-- NULL: it did not come so far.
CREATE TABLE attempts (
  request_seq    INTEGER NOT NULL REFERENCES requests (seq),
  number         INTEGER NOT NULL,             -- from 1
  choice         INTEGER NOT NULL,             -- of the request's, from 0
  credential     TEXT    NOT NULL,             -- label
  service        TEXT    NOT NULL,
  host           TEXT,
  queued_ms      INTEGER,                      -- it began to wait for a slot
  began_ms       INTEGER NOT NULL,
  lookup_ms      INTEGER,
  connect_ms     INTEGER,
  tls_ms         INTEGER,
  first_byte_ms  INTEGER,
  first_token_ms INTEGER,
  end_ms         INTEGER NOT NULL,
  http_status    INTEGER,                      -- Kimi's
  error_kind     TEXT,                         -- NULL: it gave the reply
  words          TEXT,                         -- Kimi's
  PRIMARY KEY (request_seq, number)
) STRICT, WITHOUT ROWID;

-- The constraint is only text of the schema (0007_names.sql).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
   SET sql = replace(sql,
'status = ''running'' OR status = ''done'' OR status = ''failed'' OR status = ''cancelled''',
'status = ''running'' OR status = ''done'' OR status = ''failed'' OR status = ''cancelled'' OR status = ''interrupted'' OR status = ''refused''')
 WHERE type = 'table' AND name = 'requests';
PRAGMA writable_schema = RESET;

UPDATE requests SET status = 'interrupted'
 WHERE status = 'failed' AND error_kind = 'interrupted';

-- --- Usage -------------------------------------------------------------------

-- Sums of requests by quarter of an hour and by day (UTC), of the time they
-- began. They are written in the transaction that closes a request, and never
-- lowered. A currency of '' has no cost.
CREATE TABLE usage_quarters (
  began_at          INTEGER NOT NULL,
  key_id            INTEGER NOT NULL REFERENCES keys (id),
  model             TEXT    NOT NULL,
  credential        TEXT    NOT NULL,          -- label; '': none
  token_source      TEXT    NOT NULL,          -- 'none': no tokens
  currency          TEXT    NOT NULL,
  list_currency     TEXT    NOT NULL,
  requests          INTEGER NOT NULL,
  failures          INTEGER NOT NULL,          -- failed, cancelled, interrupted
  refusals          INTEGER NOT NULL,
  unpriced          INTEGER NOT NULL,          -- requests with tokens, no cost
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cached_tokens     INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cache_write_1h_tokens INTEGER NOT NULL,
  reasoning_tokens  INTEGER NOT NULL,
  searches          INTEGER NOT NULL,
  cost              INTEGER NOT NULL,
  list_cost         INTEGER NOT NULL,
  PRIMARY KEY (began_at, key_id, model, credential, token_source, currency,
               list_currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_days (
  began_at          INTEGER NOT NULL,
  key_id            INTEGER NOT NULL REFERENCES keys (id),
  model             TEXT    NOT NULL,
  credential        TEXT    NOT NULL,
  token_source      TEXT    NOT NULL,
  currency          TEXT    NOT NULL,
  list_currency     TEXT    NOT NULL,
  requests          INTEGER NOT NULL,
  failures          INTEGER NOT NULL,
  refusals          INTEGER NOT NULL,
  unpriced          INTEGER NOT NULL,
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cached_tokens     INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cache_write_1h_tokens INTEGER NOT NULL,
  reasoning_tokens  INTEGER NOT NULL,
  searches          INTEGER NOT NULL,
  cost              INTEGER NOT NULL,
  list_cost         INTEGER NOT NULL,
  PRIMARY KEY (began_at, key_id, model, credential, token_source, currency,
               list_currency)
) STRICT, WITHOUT ROWID;

-- How long requests took that were sent to Kimi, by day: counts per pair of
-- upper bounds, from which both histograms follow. -1: no first token; the
-- greatest integer: longer than the last bound.
CREATE TABLE latency_days (
  began_at       INTEGER NOT NULL,
  model          TEXT    NOT NULL,
  service        TEXT    NOT NULL,
  duration_le    INTEGER NOT NULL,             -- milliseconds
  first_token_le INTEGER NOT NULL,             -- milliseconds
  requests       INTEGER NOT NULL,
  duration_ms    INTEGER NOT NULL,             -- sums
  first_token_ms INTEGER NOT NULL,
  PRIMARY KEY (began_at, model, service, duration_le, first_token_le)
) STRICT, WITHOUT ROWID;

-- --- Credentials -------------------------------------------------------------

-- Those that the owner added here, too.
ALTER TABLE credentials ADD COLUMN name TEXT;  -- the owner's; NULL: none
ALTER TABLE credentials ADD COLUMN service TEXT; -- NULL: unknown
ALTER TABLE credentials ADD COLUMN
  secret BLOB;                                 -- encrypted; NULL: not kept here
ALTER TABLE credentials ADD COLUMN added_at INTEGER;
ALTER TABLE credentials ADD COLUMN paused_at INTEGER;
ALTER TABLE credentials ADD COLUMN failed_at INTEGER; -- Kimi refused it last
ALTER TABLE credentials ADD COLUMN failure TEXT; -- what the owner should do

CREATE UNIQUE INDEX credentials_by_name ON credentials (name)
  WHERE name IS NOT NULL;
CREATE INDEX credentials_of_owner ON credentials (added_at, paused_at)
  WHERE secret IS NOT NULL OR paused_at IS NOT NULL;

-- What is left of an account's windows and money, as Kimi said last.
CREATE TABLE credential_quotas (
  credential TEXT    NOT NULL,                 -- fingerprint
  name       TEXT    NOT NULL,                 -- '5 hours', 'month', 'balance'
  used_ppm   INTEGER,                          -- of the whole: millionths
  used       INTEGER,                          -- points, or nano-units
  remaining  INTEGER,
  whole      INTEGER,
  currency   TEXT,
  resets_at  INTEGER,
  seen_at    INTEGER NOT NULL,
  PRIMARY KEY (credential, name)
) STRICT, WITHOUT ROWID;

-- --- Retention ---------------------------------------------------------------

-- How far what is too old was deleted, by whichever process had time.
CREATE TABLE pruning (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  due_at  INTEGER NOT NULL,                    -- the next step
  request INTEGER NOT NULL                     -- seq of the last one
) STRICT;

INSERT INTO pruning (id, due_at, request) VALUES (1, 0, 0);

CREATE INDEX conversations_by_age ON conversations (updated_at);
CREATE INDEX stored_responses_of_previous ON stored_responses (previous_seq)
  WHERE previous_seq IS NOT NULL;

-- Each reply is found by its request, to be deleted.
DROP INDEX messages_of_request;
CREATE INDEX messages_of_request ON messages (request_seq)
  WHERE request_seq IS NOT NULL;

-- --- Views -------------------------------------------------------------------

DROP VIEW v_sessions;
CREATE VIEW v_sessions AS
SELECT c.name AS session,
       coalesce(k.name, label) AS key,
       (SELECT model FROM requests
         WHERE seq = (SELECT max(request_seq) FROM messages
                       WHERE conversation_id = c.id)) AS model,
       (SELECT count(*) FROM messages
         WHERE conversation_id = c.id AND reply = 1) AS turns,
       (SELECT count(*) FROM messages
         WHERE conversation_id = c.id) AS messages,
       (SELECT coalesce(sum(prompt_tokens + completion_tokens), 0)
          FROM requests WHERE conversation_id = c.id) AS tokens,
       datetime(c.created_at / 1000, 'unixepoch') AS started,
       datetime(updated_at / 1000, 'unixepoch') AS last_turn,
       (SELECT substr(replace(content, char(10), ' '), 1, 60)
          FROM messages
         WHERE conversation_id = c.id AND role = 'user'
         ORDER BY id LIMIT 1) AS begins_with
  FROM conversations c JOIN keys k ON k.id = key_id
 ORDER BY updated_at DESC;

DROP VIEW v_messages;
CREATE VIEW v_messages AS
SELECT c.name AS session,
       coalesce(k.name, label) AS key,
       role,
       coalesce(content, '') AS content,
       reasoning,
       tool_calls,
       model,
       datetime(m.created_at / 1000, 'unixepoch') AS at,
       r.id AS request
  FROM messages m
  LEFT JOIN requests r ON seq = request_seq
  LEFT JOIN conversations c ON c.id = m.conversation_id
  JOIN keys k ON k.id = coalesce(r.key_id, c.key_id)
 ORDER BY m.id;

DROP VIEW v_usage_by_key;
CREATE VIEW v_usage_by_key AS
SELECT coalesce(name, label) AS key,
       substr(fingerprint, 1, 12) AS fingerprint,
       sum(requests) AS requests,
       sum(failures) AS failures,
       sum(prompt_tokens) AS prompt_tokens,
       sum(completion_tokens) AS completion_tokens,
       sum(prompt_tokens + completion_tokens) AS total_tokens,
       min(day) AS first_day,
       max(day) AS last_day
  FROM counters JOIN keys ON id = key_id
 GROUP BY id
 ORDER BY total_tokens DESC;

DROP VIEW v_errors;
CREATE VIEW v_errors AS
SELECT datetime(started_at / 1000, 'unixepoch') AS at,
       r.id AS request,
       coalesce(k.name, label) AS key,
       model,
       credential,
       CASE status WHEN 'running' THEN 'interrupted' ELSE status END AS status,
       http_status,
       error_kind AS kind,
       error
  FROM requests r JOIN keys k ON k.id = key_id
 WHERE r.status IN ('failed', 'cancelled', 'interrupted', 'refused')
    OR (r.status = 'running' AND lease_until < unixepoch() * 1000)
 ORDER BY seq DESC;
