-- SPDX-License-Identifier: MIT
-- The current schema. A new database file gets it as it is, an older one by the
-- files of migrations/ that it lacks; a test proves that both are equal.
--
-- Times are milliseconds since 1970 (UTC), uptimes those since the machine
-- started: nobody can set that clock.
--
-- A lease is what a running process has for itself: lease_owner is its number,
-- of which it locks a byte in the file kimi.db-alive. When it dies, however, the
-- lease is free; that of one that was stopped is free at its end, lease_uptime,
-- unless it is renewed. lease_until is the same end for people. Without an owner
-- (no file can be locked here) the end counts alone.
--
-- Secrets are not stored: API keys and credentials appear by their fingerprint
-- (SHA-256) and a label. The tokens of `credentials` are encrypted, and so are
-- the credentials that the owner keeps here.
--
-- CHECK constraints say x = 'a' OR x = 'b' instead of x IN ('a', 'b'): the
-- latter builds a B-tree each time a statement runs.

-- --- Who calls, and what it costs --------------------------------------------

-- `stranger` is the first accepted credential of a client that brings its own,
-- since it can list the same ones in many ways. What a key keeps is counted in
-- each transaction (db_keep): files and what clients can ask for by an id, each
-- with 256 bytes for its row.
CREATE TABLE keys (
  id          INTEGER PRIMARY KEY,
  fingerprint TEXT    NOT NULL UNIQUE,
  label       TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  kept        INTEGER NOT NULL DEFAULT 0,      -- bytes
  stranger    TEXT,                            -- fingerprint of a credential
  public_id   TEXT,                            -- "key_…", for people and APIs
  name        TEXT,                            -- the owner's; NULL: none
  origin      TEXT NOT NULL DEFAULT 'settings' -- where its secret comes from
              CHECK (origin = 'settings' OR origin = 'database'
                     OR origin = 'stranger' OR origin = 'nobody'),
  admin       INTEGER NOT NULL DEFAULT 0       -- 1: may see everybody's usage
              CHECK (admin = 0 OR admin = 1),
  blocked_at  INTEGER,
  revoked_at  INTEGER,
  expires_at  INTEGER,
  last_used_at INTEGER,                        -- at most a minute too old
  models      TEXT,                            -- JSON list; NULL: all
  credentials TEXT,                            -- JSON list of names; NULL: all
  requests_per_minute INTEGER,                 -- NULL: no limit
  tokens_per_minute INTEGER,                   -- NULL: no limit
  max_concurrent INTEGER,                      -- NULL: no limit
  reserve_output INTEGER,                      -- tokens; NULL: the default
  space       INTEGER,                         -- bytes; NULL: the setting's
  on_disconnect TEXT                           -- NULL: 'cancel'
              CHECK (on_disconnect = 'cancel' OR on_disconnect = 'finish'),
  -- When the limits per minute are free again: nanoseconds since 1970.
  requests_tat INTEGER NOT NULL DEFAULT 0,
  tokens_tat  INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX keys_of_strangers ON keys (stranger, kept)
  WHERE stranger IS NOT NULL AND kept > 0;
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

-- As these pages said. A region that none of them names has no price.
INSERT INTO prices (service, region, model, currency, since, input, cached,
                    cache_write, cache_write_1h, output, per_search, source)
VALUES
  ('platform', 'global', 'kimi-k3.1-pro', 'USD',
   unixepoch('2026-10-23') * 1000, 2000000, 200000, 2000000, 4000000, 10000000, 5000,
   'docs.apiyi.com/api-capabilities/kimi-k3-1/overview, 2026-10-25'),
  ('platform', 'global', 'kimi-k3.1-pro-highspeed', 'USD',
   unixepoch('2026-10-23') * 1000, 4000000, 200000, 4000000, 8000000, 20000000, 5000,
   'docs.apiyi.com/api-capabilities/kimi-k3-1/overview, 2026-10-25'),
  ('platform', 'global', 'kimi-k3', 'USD',
   unixepoch('2026-07-16') * 1000, 3000000, 300000, NULL, NULL, 15000000, 5000,
   'platform.kimi.ai/docs/pricing/chat-k3'),
  ('platform', 'global', 'kimi-k2.7-code', 'USD',
   unixepoch('2026-06-15') * 1000, 950000, 190000, NULL, NULL, 4000000, 5000,
   'models.dev, moonshotai'),
  ('platform', 'global', 'kimi-k2.7-code-highspeed', 'USD',
   unixepoch('2026-06-15') * 1000, 1900000, 380000, NULL, NULL, 8000000, 5000,
   'models.dev, moonshotai'),
  ('platform', 'global', 'kimi-k2.6', 'USD',
   unixepoch('2026-04-21') * 1000, 950000, 160000, NULL, NULL, 4000000, 5000,
   'LiteLLM, model_prices_and_context_window.json'),
  ('platform', 'global', 'kimi-k2.5', 'USD',
   unixepoch('2026-03-26') * 1000, 600000, 100000, NULL, NULL, 3000000, 5000,
   'platform.moonshot.ai/docs/pricing/chat, 2026-03-26'),
  ('platform', 'cn', 'kimi-k3', 'CNY',
   unixepoch('2026-07-16') * 1000, 20000000, 2000000, NULL, NULL, 100000000, 30000,
   'dify-official-plugins, kimi-k3.yaml'),
  ('platform', 'cn', 'kimi-k2.7-code', 'CNY',
   unixepoch('2026-06-15') * 1000, 6500000, 1300000, NULL, NULL, 27000000, 30000,
   'dify-official-plugins, kimi-k2.7-code.yaml, 2026-09-17'),
  ('platform', 'cn', 'kimi-k2.7-code-highspeed', 'CNY',
   unixepoch('2026-06-15') * 1000, 13000000, NULL, NULL, NULL, 54000000, 30000,
   'dify-official-plugins; without a price of cached tokens'),
  ('platform', 'cn', 'kimi-k2.6', 'CNY',
   unixepoch('2026-04-21') * 1000, 6500000, 1100000, NULL, NULL, 27000000, 30000,
   'platform.kimi.com/docs/pricing/chat-k26.md'),
  ('code', '', '*', 'USD',
   0, 0, 0, 0, 0, 0, 0,
   'in the plan'),
  ('code', 'cn', '*', 'CNY',
   0, 0, 0, 0, 0, 0, 0,
   'in the plan'),
  ('web', '', '*', 'USD',
   0, 0, 0, 0, 0, 0, 0,
   'in the plan'),
  ('web', 'cn', '*', 'CNY',
   0, 0, 0, 0, 0, 0, 0,
   'in the plan');

-- Sums of requests by quarter of an hour (UTC), of the time they began. They
-- are written in the transaction that closes a request, and never lowered. Days
-- that are over are added up in usage_days by the first request of a quarter,
-- so that a request has only one row to change; what ends after that begins
-- another row of its quarter.
CREATE TABLE usage_quarters (
  in_day            INTEGER NOT NULL           -- 0: not in usage_days so far
                    CHECK (in_day >= 0),
  began_at          INTEGER NOT NULL,
  key_id            INTEGER NOT NULL REFERENCES keys (id),
  model             TEXT    NOT NULL,          -- '' of those that we refused
  service           TEXT    NOT NULL,          -- of the credential
  credential        TEXT    NOT NULL,          -- label; '': none
  token_source      TEXT    NOT NULL,          -- 'none': no tokens
  currency          TEXT    NOT NULL,          -- '': no cost
  list_currency     TEXT    NOT NULL,
  requests          INTEGER NOT NULL,
  failures          INTEGER NOT NULL,          -- failed, cancelled, interrupted
  refusals          INTEGER NOT NULL,
  unpriced          INTEGER NOT NULL,          -- with tokens, but no cost
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cached_tokens     INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  cache_write_1h_tokens INTEGER NOT NULL,
  reasoning_tokens  INTEGER NOT NULL,
  searches          INTEGER NOT NULL,
  cost              INTEGER NOT NULL,
  list_cost         INTEGER NOT NULL,
  timed             INTEGER NOT NULL,          -- were sent to Kimi
  duration_ms       INTEGER NOT NULL,
  took_500ms        INTEGER NOT NULL,          -- so many at most this long
  took_1s           INTEGER NOT NULL,
  took_2s           INTEGER NOT NULL,
  took_5s           INTEGER NOT NULL,
  took_10s          INTEGER NOT NULL,
  took_30s          INTEGER NOT NULL,
  took_100s         INTEGER NOT NULL,
  begun             INTEGER NOT NULL,          -- had a first token
  first_token_ms    INTEGER NOT NULL,
  first_500ms       INTEGER NOT NULL,          -- so many at most after this
  first_1s          INTEGER NOT NULL,
  first_2s          INTEGER NOT NULL,
  first_5s          INTEGER NOT NULL,
  first_10s         INTEGER NOT NULL,
  first_30s         INTEGER NOT NULL,
  first_100s        INTEGER NOT NULL,
  PRIMARY KEY (began_at, currency, list_currency, key_id, model, service,
               credential, token_source, in_day)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_quarters_of_today ON usage_quarters (began_at)
  WHERE in_day = 0;

CREATE TABLE usage_days (
  began_at          INTEGER NOT NULL,
  key_id            INTEGER NOT NULL REFERENCES keys (id),
  model             TEXT    NOT NULL,
  service           TEXT    NOT NULL,
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
  timed             INTEGER NOT NULL,
  duration_ms       INTEGER NOT NULL,
  took_500ms        INTEGER NOT NULL,
  took_1s           INTEGER NOT NULL,
  took_2s           INTEGER NOT NULL,
  took_5s           INTEGER NOT NULL,
  took_10s          INTEGER NOT NULL,
  took_30s          INTEGER NOT NULL,
  took_100s         INTEGER NOT NULL,
  begun             INTEGER NOT NULL,
  first_token_ms    INTEGER NOT NULL,
  first_500ms       INTEGER NOT NULL,
  first_1s          INTEGER NOT NULL,
  first_2s          INTEGER NOT NULL,
  first_5s          INTEGER NOT NULL,
  first_10s         INTEGER NOT NULL,
  first_30s         INTEGER NOT NULL,
  first_100s        INTEGER NOT NULL,
  PRIMARY KEY (began_at, currency, list_currency, key_id, model, service,
               credential, token_source)
) STRICT, WITHOUT ROWID;

-- The sums of usage_days over all of them, for who counts on and on.
CREATE TABLE usage_totals (
  key_id            INTEGER NOT NULL REFERENCES keys (id),
  model             TEXT    NOT NULL,
  service           TEXT    NOT NULL,
  token_source      TEXT    NOT NULL,
  currency          TEXT    NOT NULL,
  requests          INTEGER NOT NULL,
  failures          INTEGER NOT NULL,
  refusals          INTEGER NOT NULL,
  unpriced          INTEGER NOT NULL,
  prompt_tokens     INTEGER NOT NULL,
  completion_tokens INTEGER NOT NULL,
  cached_tokens     INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  reasoning_tokens  INTEGER NOT NULL,
  searches          INTEGER NOT NULL,
  cost              INTEGER NOT NULL,
  timed             INTEGER NOT NULL,
  duration_ms       INTEGER NOT NULL,
  took_500ms        INTEGER NOT NULL,
  took_1s           INTEGER NOT NULL,
  took_2s           INTEGER NOT NULL,
  took_5s           INTEGER NOT NULL,
  took_10s          INTEGER NOT NULL,
  took_30s          INTEGER NOT NULL,
  took_100s         INTEGER NOT NULL,
  begun             INTEGER NOT NULL,
  first_token_ms    INTEGER NOT NULL,
  first_500ms       INTEGER NOT NULL,
  first_1s          INTEGER NOT NULL,
  first_2s          INTEGER NOT NULL,
  first_5s          INTEGER NOT NULL,
  first_10s         INTEGER NOT NULL,
  first_30s         INTEGER NOT NULL,
  first_100s        INTEGER NOT NULL,
  PRIMARY KEY (key_id, model, service, token_source, currency)
) STRICT, WITHOUT ROWID;

-- --- Conversations, requests, messages ---------------------------------------

-- A conversation belongs to the API key that began it: the same name under
-- another key is another conversation.
CREATE TABLE conversations (
  id         INTEGER PRIMARY KEY,
  key_id     INTEGER NOT NULL REFERENCES keys (id),
  name       TEXT    NOT NULL,
  credential TEXT,             -- fingerprint of the one that owns the chat
  chat       TEXT,             -- id at Kimi
  message    TEXT,             -- id at Kimi of the last one in the chat
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  metadata   TEXT,             -- JSON object
  UNIQUE (key_id, name)
) STRICT;

CREATE INDEX conversations_by_age ON conversations (updated_at);

-- One row per chat request. A running one has its conversation for itself
-- by its lease. A stateless request gets its row when it ends, or after
-- its first second.
CREATE TABLE requests (
  seq               INTEGER PRIMARY KEY,
  id                TEXT    NOT NULL UNIQUE,   -- x-request-id
  key_id            INTEGER NOT NULL REFERENCES keys (id),
  conversation_id   INTEGER REFERENCES conversations (id),
  dialect           TEXT    NOT NULL,
  model             TEXT    NOT NULL,
  stream            INTEGER NOT NULL CHECK (stream = 0 OR stream = 1),
  status            TEXT    NOT NULL DEFAULT 'running'
                    CHECK (status = 'running' OR status = 'done'
                           OR status = 'failed' OR status = 'cancelled'
                           OR status = 'interrupted' OR status = 'refused'),
  lease_until       INTEGER NOT NULL,
  credential        TEXT,                      -- label
  http_status       INTEGER,
  finish_reason     TEXT,
  prompt_tokens     INTEGER,
  completion_tokens INTEGER,
  cached_tokens     INTEGER,
  reasoning_tokens  INTEGER,
  token_source      TEXT
                    CHECK (token_source = 'upstream' OR token_source = 'counted'
                           OR token_source = 'estimated'),
  first_token_ms    INTEGER,
  duration_ms       INTEGER,
  error_kind        TEXT,
  error             TEXT,
  started_at        INTEGER NOT NULL,
  lease_owner       INTEGER,
  lease_uptime      INTEGER,
  service           TEXT,                      -- 'platform', 'code', 'web'
  region            TEXT,                      -- 'cn', 'global'
  cache_write_tokens INTEGER,
  cache_write_1h_tokens INTEGER,               -- part of them
  searches          INTEGER,                   -- that Kimi charges for
  cost              INTEGER,                   -- nano-units; NULL: unknown
  currency          TEXT,
  price_id          INTEGER REFERENCES prices (id),
  -- What the same would have cost on the Open Platform.
  list_cost         INTEGER,
  list_currency     TEXT,
  -- While it runs: what it has reserved of its key's limits and budgets.
  reserved_tokens   INTEGER,
  reserved_cost     INTEGER,
  reserved_currency TEXT,
  -- How its attempt went if the first one gave the reply (see attempts).
  host              TEXT,
  queued_ms         INTEGER,
  began_ms          INTEGER,
  lookup_ms         INTEGER,
  connect_ms        INTEGER,
  tls_ms            INTEGER,
  first_byte_ms     INTEGER
) STRICT;

CREATE INDEX requests_running ON requests (lease_until)
  WHERE status = 'running';
CREATE INDEX requests_of_conversation ON requests (conversation_id)
  WHERE conversation_id IS NOT NULL;
CREATE INDEX requests_of_key ON requests (key_id, started_at);
CREATE INDEX requests_by_start ON requests (started_at);
CREATE INDEX requests_failed ON requests (started_at)
  WHERE status <> 'done' AND status <> 'running';

-- The attempts of requests that the first one did not answer: each try of a
-- credential. Times are milliseconds after the request came; NULL: it did not
-- come so far.
CREATE TABLE listed_attempts (
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

-- What was said: every reply, also the partial one of a failed request, and
-- what clients said in a conversation or in a stored response. Only a message
-- of a conversation has a conversation_id. One that a client added without a
-- request has no request_seq, and is deleted when it leaves the conversation.
--
-- What a client can ask for has a uid. Replies of requests that were neither in
-- a conversation nor stored have none: there are many, and they stay out of an
-- index.
CREATE TABLE messages (
  id              INTEGER PRIMARY KEY,
  uid             TEXT,                        -- 24 characters
  request_seq     INTEGER REFERENCES requests (seq),
  conversation_id INTEGER REFERENCES conversations (id),
  reply           INTEGER NOT NULL             -- 1: to that request
                  CHECK (reply = 0 OR reply = 1),
  role            TEXT    NOT NULL
                  CHECK (role = 'system' OR role = 'user'
                         OR role = 'assistant' OR role = 'tool'),
  name            TEXT,
  content         TEXT,                        -- plain text
  media           TEXT,                        -- JSON: parts, if not all text
  reasoning       TEXT,
  tool_calls      TEXT,                        -- JSON
  tool_call_id    TEXT,
  citations       TEXT,                        -- JSON
  spans           TEXT,                        -- JSON: order, if unusual
  reply_key       TEXT,                        -- call id or hash of all
  created_at      INTEGER NOT NULL,
  reasoning_details TEXT,                      -- JSON: what Kimi alone reads
  size            INTEGER NOT NULL DEFAULT 0,  -- bytes that count as kept
  CHECK (request_seq IS NOT NULL OR conversation_id IS NOT NULL)
) STRICT;

CREATE INDEX messages_of_conversation ON messages (conversation_id, id)
  WHERE conversation_id IS NOT NULL;
CREATE INDEX messages_of_request ON messages (request_seq)
  WHERE request_seq IS NOT NULL;
CREATE UNIQUE INDEX messages_by_uid ON messages (uid)
  WHERE uid IS NOT NULL;
CREATE INDEX messages_by_reply_key ON messages (reply_key)
  WHERE reply_key IS NOT NULL;

-- --- Stored responses --------------------------------------------------------

-- Responses that clients can ask for again, beside the rows of their requests.
-- A deleted one keeps its row without an id: responses that continue it also
-- continue what came before it.
CREATE TABLE stored_responses (
  request_seq  INTEGER PRIMARY KEY REFERENCES requests (seq),
  key_id       INTEGER NOT NULL REFERENCES keys (id),
  id           TEXT    UNIQUE,                 -- "resp_…", "chatcmpl-…"
  previous_seq INTEGER REFERENCES stored_responses (request_seq),
  settings     TEXT,                           -- JSON: request without input
  metadata     TEXT,                           -- JSON object
  background   INTEGER NOT NULL CHECK (background = 0 OR background = 1),
  cancelled    INTEGER NOT NULL DEFAULT 0      -- by its client
               CHECK (cancelled = 0 OR cancelled = 1),
  read_at      INTEGER,                        -- uptime of a reader of its log
  kind         TEXT    NOT NULL DEFAULT 'response'
               CHECK (kind = 'response' OR kind = 'chat_completion')
) STRICT;

CREATE INDEX stored_responses_of_key ON stored_responses (key_id, kind)
  WHERE id IS NOT NULL;
CREATE INDEX stored_responses_of_previous ON stored_responses (previous_seq)
  WHERE previous_seq IS NOT NULL;

-- The events of streamed responses, in batches.
CREATE TABLE stream_logs (
  request_seq INTEGER NOT NULL REFERENCES stored_responses (request_seq),
  position    INTEGER NOT NULL,                -- from 1
  batch       TEXT    NOT NULL,
  PRIMARY KEY (request_seq, position)
) STRICT;

-- --- Files that clients uploaded ---------------------------------------------

-- Files of one API key with the same bytes share a content. An id is never
-- used twice: a reader of a deleted content must not end up in another one.
CREATE TABLE file_contents (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  key_id      INTEGER NOT NULL REFERENCES keys (id),
  sha256      TEXT    NOT NULL,
  size        INTEGER NOT NULL,                -- bytes
  lease_until INTEGER,                         -- being uploaded; NULL: whole
  lease_owner INTEGER,
  lease_uptime INTEGER
) STRICT;

CREATE UNIQUE INDEX file_contents_whole ON file_contents (key_id, sha256)
  WHERE lease_until IS NULL;
CREATE INDEX file_contents_unfinished ON file_contents (lease_until)
  WHERE lease_until IS NOT NULL;

-- 256 KiB each, except for the last one.
CREATE TABLE file_chunks (
  content_id INTEGER NOT NULL REFERENCES file_contents (id),
  position   INTEGER NOT NULL,                 -- from 0
  bytes      BLOB    NOT NULL,
  PRIMARY KEY (content_id, position)
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

-- --- Retention ---------------------------------------------------------------

-- How far what is too old was deleted, by whichever process had time.
CREATE TABLE pruning (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  due_at  INTEGER NOT NULL,                    -- the next step
  request INTEGER NOT NULL,                    -- seq of the last one
  told_at INTEGER NOT NULL                     -- log line of KIMI_MAX_DB
) STRICT;

INSERT INTO pruning (id, due_at, request, told_at) VALUES (1, 0, 0, 0);

-- --- Credentials, and what was learned with them -----------------------------

-- The cooldown of a credential, and the access tokens of its last renewal,
-- encrypted under a key derived from the credential.
--
-- A cooldown is over when it is by one of two clocks. One by which more than
-- the whole is left says nothing: it was set back, or the machine was started
-- anew.
CREATE TABLE credentials (
  fingerprint    TEXT    PRIMARY KEY,
  label          TEXT    NOT NULL,
  cooldown_until INTEGER NOT NULL DEFAULT 0,
  cooldown_kind  TEXT,                         -- the error that caused it
  access_token   BLOB,
  refresh_token  BLOB,
  expires_at     INTEGER NOT NULL DEFAULT 0,
  renewing_until INTEGER NOT NULL DEFAULT 0,   -- the lease to renew them
  cooldown_named INTEGER NOT NULL DEFAULT 0,   -- 1: Kimi named its end
  accepted_at    INTEGER,                      -- by Kimi; NULL: not yet
  others_checked_at INTEGER NOT NULL DEFAULT 0, -- of an API key that lists it
  renewing_owner INTEGER,
  renewing_uptime INTEGER,
  cooldown_uptime INTEGER NOT NULL DEFAULT 0,  -- its end, too
  cooldown_ms INTEGER NOT NULL DEFAULT 0,      -- how long it is in all
  cooldown_words TEXT,                         -- what Kimi said; NULL: unknown
  name           TEXT,                         -- the owner's; NULL: none
  service        TEXT,                         -- NULL: unknown
  secret         BLOB,                         -- encrypted; NULL: not kept here
  added_at       INTEGER,
  paused_at      INTEGER,
  failed_at      INTEGER,                      -- Kimi refused it last
  failure        TEXT                          -- what the owner should do
) STRICT;

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

-- By these numbers requests take turns among the credentials of a service. A
-- process that needs more than one draws many at once.
CREATE TABLE rotation (
  pool TEXT    PRIMARY KEY,
  next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Requests that run with a credential whose service allows only so many at
-- once, and behind them those that wait for it: as many rows as are allowed,
-- by their ids, are of requests that may run. An id is never used twice: a
-- process that was only slow still renews and releases its own slot.
CREATE TABLE slots (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  credential  TEXT    NOT NULL,                -- fingerprint
  lease_until INTEGER NOT NULL,
  lease_owner INTEGER,
  lease_uptime INTEGER,
  awaited INTEGER NOT NULL DEFAULT 0           -- 1: somebody waits behind it
) STRICT;

CREATE INDEX slots_of_credential ON slots (credential, lease_until);

-- Chats at Kimi in which no conversation goes on, to be deleted there. A
-- process owns one while its request runs, and while it deletes it; it may be
-- deleted once its owner is dead or, where it has none, when it is due.
CREATE TABLE abandoned_chats (
  credential TEXT    NOT NULL,                 -- fingerprint
  chat       TEXT    NOT NULL,                 -- id at Kimi
  owner      INTEGER,                          -- as the owner of a lease
  due_at     INTEGER NOT NULL,
  tries      INTEGER NOT NULL DEFAULT 0,       -- to delete it, that failed
  noted_at   INTEGER NOT NULL,
  PRIMARY KEY (credential, chat)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER conversation_takes_chat
 AFTER UPDATE OF chat ON conversations
 WHEN new.chat IS NOT NULL AND new.chat IS NOT old.chat
BEGIN
  DELETE FROM abandoned_chats
   WHERE credential = new.credential AND chat = new.chat;
END;

CREATE TRIGGER conversation_leaves_chat
 AFTER UPDATE OF chat ON conversations
 WHEN old.credential IS NOT NULL AND old.chat IS NOT NULL
  AND old.chat IS NOT new.chat
BEGIN
  INSERT INTO abandoned_chats (credential, chat, due_at, noted_at)
  VALUES (old.credential, old.chat, unixepoch() * 1000, unixepoch() * 1000)
  ON CONFLICT (credential, chat) DO NOTHING;
END;

CREATE TRIGGER conversation_ends_with_chat
 AFTER DELETE ON conversations
 WHEN old.credential IS NOT NULL AND old.chat IS NOT NULL
BEGIN
  INSERT INTO abandoned_chats (credential, chat, due_at, noted_at)
  VALUES (old.credential, old.chat, unixepoch() * 1000, unixepoch() * 1000)
  ON CONFLICT (credential, chat) DO NOTHING;
END;

-- What an adapter learned with a credential: which host knows the key, what an
-- uploaded file is called there. Deleting a note only costs time.
CREATE TABLE credential_notes (
  credential TEXT    NOT NULL,                 -- fingerprint
  name       TEXT    NOT NULL,
  value      TEXT    NOT NULL,
  noted_at   INTEGER NOT NULL,
  PRIMARY KEY (credential, name)
) STRICT, WITHOUT ROWID;

-- The models that a service listed for a credential.
CREATE TABLE model_lists (
  credential TEXT    PRIMARY KEY,              -- fingerprint
  service    TEXT    NOT NULL,
  models     TEXT    NOT NULL,                 -- JSON
  listed_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- --- Views -------------------------------------------------------------------
--
-- Each process parses all of them when it opens the file, so under CGI for each
-- request: they say as little as will do, and names are qualified only where
-- they must be. Views that only the program reads are in queries.sql.

-- All attempts. The one of a request that has none listed took as long as the
-- request.
CREATE VIEW attempts AS
SELECT seq AS request_seq,
       coalesce(number, 1) AS number,
       coalesce(choice, 0) AS choice,
       coalesce(a.credential, r.credential) AS credential,
       coalesce(a.service, r.service) AS service,
       coalesce(a.host, r.host) AS host,
       coalesce(a.queued_ms, r.queued_ms) AS queued_ms,
       coalesce(a.began_ms, r.began_ms) AS began_ms,
       coalesce(a.lookup_ms, r.lookup_ms) AS lookup_ms,
       coalesce(a.connect_ms, r.connect_ms) AS connect_ms,
       coalesce(a.tls_ms, r.tls_ms) AS tls_ms,
       coalesce(a.first_byte_ms, r.first_byte_ms) AS first_byte_ms,
       CASE WHEN number IS NULL THEN r.first_token_ms ELSE a.first_token_ms END
       AS first_token_ms,
       coalesce(end_ms, duration_ms) AS end_ms,
       CASE WHEN number IS NULL THEN 200 ELSE a.http_status END AS http_status,
       a.error_kind AS error_kind, words
  FROM requests r LEFT JOIN listed_attempts a ON request_seq = seq
 WHERE number IS NOT NULL OR r.began_ms IS NOT NULL;

-- The sums of all days that are over, and of the quarters since.
CREATE VIEW usage_by_day AS
SELECT 0 AS in_day, * FROM usage_days
 UNION ALL
SELECT * FROM usage_quarters WHERE in_day = 0;

-- --- Views for people: sqlite3 kimi.db 'SELECT * FROM v_sessions' ------------

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

CREATE VIEW v_usage_daily AS
SELECT date(began_at / 1000, 'unixepoch') AS day,
       model,
       token_source AS source,
       sum(requests) AS requests,
       sum(failures) AS failures,
       sum(prompt_tokens) AS prompt_tokens,
       sum(completion_tokens) AS completion_tokens,
       sum(prompt_tokens + completion_tokens) AS total_tokens,
       sum(cached_tokens) AS cached_tokens,
       sum(reasoning_tokens) AS reasoning_tokens
  FROM usage_by_day
 GROUP BY day, model, source
 ORDER BY day DESC, model;

CREATE VIEW v_usage_by_key AS
SELECT coalesce(name, label) AS key,
       substr(fingerprint, 1, 12) AS fingerprint,
       sum(requests) AS requests,
       sum(failures) AS failures,
       sum(prompt_tokens) AS prompt_tokens,
       sum(completion_tokens) AS completion_tokens,
       sum(prompt_tokens + completion_tokens) AS total_tokens,
       date(min(began_at) / 1000, 'unixepoch') AS first_day,
       date(max(began_at) / 1000, 'unixepoch') AS last_day
  FROM usage_by_day JOIN keys ON id = key_id
 GROUP BY id
 ORDER BY total_tokens DESC;

-- A request that is still 'running' after its lease was cut off with its
-- process.
CREATE VIEW v_requests AS
SELECT datetime(started_at / 1000, 'unixepoch') AS at,
       r.id AS request,
       coalesce(k.name, label) AS key,
       model, dialect,
       CASE WHEN status = 'running' AND lease_until < unixepoch() * 1000
            THEN 'interrupted' ELSE status END AS status,
       http_status, finish_reason, service, region, r.credential,
       prompt_tokens, completion_tokens, cached_tokens, cache_write_tokens,
       cache_write_1h_tokens, reasoning_tokens, searches, token_source,
       cost / 1e9 AS cost,
       currency,
       list_cost / 1e9 AS list_cost,
       list_currency, first_token_ms, duration_ms,
       c.name AS session,
       error_kind AS kind,
       error
  FROM requests r
  JOIN keys k ON k.id = r.key_id
  LEFT JOIN conversations c ON c.id = conversation_id
 ORDER BY seq DESC;

CREATE VIEW v_errors AS
SELECT at, request, key, model, credential, status, http_status, kind, error
  FROM v_requests
 WHERE status NOT IN ('done', 'running');

CREATE VIEW v_attempts AS
SELECT datetime((started_at + a.began_ms) / 1000, 'unixepoch') AS at,
       r.id AS request,
       number, choice, a.credential, a.service, a.host, a.queued_ms, a.began_ms,
       a.lookup_ms, a.connect_ms, a.tls_ms, a.first_byte_ms, a.first_token_ms,
       end_ms, a.http_status,
       a.error_kind AS kind,
       words
  FROM attempts a JOIN requests r ON seq = request_seq
 ORDER BY request_seq DESC, number;

CREATE VIEW v_costs AS
SELECT date(began_at / 1000, 'unixepoch') AS day,
       coalesce(name, label) AS key,
       model, service, credential, currency,
       CASE WHEN currency <> '' THEN sum(cost) / 1e9 END AS cost,
       list_currency,
       CASE WHEN list_currency <> '' THEN sum(list_cost) / 1e9 END
       AS list_cost,
       sum(requests) AS requests,
       sum(unpriced) AS unpriced,
       sum(prompt_tokens) AS prompt_tokens,
       sum(completion_tokens) AS completion_tokens
  FROM usage_by_day JOIN keys ON id = key_id
 GROUP BY day, id, model, service, credential, currency, list_currency
 ORDER BY day DESC;

CREATE VIEW v_keys AS
SELECT coalesce(name, label) AS key,
       public_id AS id,
       origin, admin,
       CASE WHEN revoked_at IS NOT NULL THEN 'revoked'
            WHEN blocked_at IS NOT NULL THEN 'blocked'
            WHEN expires_at <= unixepoch() * 1000 THEN 'expired'
            ELSE 'active' END AS state,
       datetime(created_at / 1000, 'unixepoch') AS created,
       datetime(last_used_at / 1000, 'unixepoch') AS last_used,
       datetime(expires_at / 1000, 'unixepoch') AS expires,
       models, credentials, requests_per_minute, tokens_per_minute,
       max_concurrent, kept, space
  FROM keys
 ORDER BY key;

CREATE VIEW v_budgets AS
SELECT coalesce(name, label) AS key,
       period, unit,
       amount / CASE unit WHEN 'tokens' THEN 1 ELSE 1e9 END AS amount,
       used / CASE unit WHEN 'tokens' THEN 1 ELSE 1e9 END AS used,
       reserved / CASE unit WHEN 'tokens' THEN 1 ELSE 1e9 END AS reserved,
       datetime(nullif(began_at, 0) / 1000, 'unixepoch') AS since
  FROM budgets b
  JOIN keys ON id = b.key_id
  LEFT JOIN budget_uses USING (key_id, period, unit)
 ORDER BY key, period, unit, since DESC;

CREATE VIEW v_credentials AS
SELECT coalesce(c.name, label) AS credential,
       service,
       CASE WHEN paused_at IS NOT NULL THEN 'paused'
            WHEN cooldown_until > unixepoch() * 1000 THEN 'cooling down'
            ELSE 'in use' END AS state,
       datetime(cooldown_until / 1000, 'unixepoch') AS until,
       cooldown_words AS words,
       failure,
       q.name AS quota,
       used_ppm / 1e4 AS used_percent,
       CASE WHEN currency IS NULL THEN remaining ELSE remaining / 1e9 END
       AS remaining,
       currency,
       datetime(resets_at / 1000, 'unixepoch') AS resets
  FROM credentials c
  LEFT JOIN credential_quotas q ON credential = fingerprint
 ORDER BY 1, quota;
