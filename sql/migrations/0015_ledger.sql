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
-- How its attempt went if the first one gave the reply (see attempts).
ALTER TABLE requests ADD COLUMN host TEXT;
ALTER TABLE requests ADD COLUMN queued_ms INTEGER;
ALTER TABLE requests ADD COLUMN began_ms INTEGER;
ALTER TABLE requests ADD COLUMN lookup_ms INTEGER;
ALTER TABLE requests ADD COLUMN connect_ms INTEGER;
ALTER TABLE requests ADD COLUMN tls_ms INTEGER;
ALTER TABLE requests ADD COLUMN first_byte_ms INTEGER;

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

-- What each request adds to the sums.
CREATE VIEW request_usage AS
SELECT started_at, key_id, conversation_id,
       CASE status WHEN 'refused' THEN '' ELSE model END AS model,
       coalesce(service, '') AS service,
       coalesce(credential, '') AS credential,
       coalesce(token_source, 'none') AS token_source,
       coalesce(currency, '') AS currency,
       coalesce(list_currency, '') AS list_currency,
       1 AS requests,
       CASE WHEN status IN ('done', 'refused') THEN 0 ELSE 1 END AS failures,
       CASE status WHEN 'refused' THEN 1 ELSE 0 END AS refusals,
       CASE WHEN cost IS NULL AND token_source IS NOT NULL THEN 1 ELSE 0 END
       AS unpriced,
       coalesce(prompt_tokens, 0) AS prompt_tokens,
       coalesce(completion_tokens, 0) AS completion_tokens,
       coalesce(cached_tokens, 0) AS cached_tokens,
       coalesce(cache_write_tokens, 0) AS cache_write_tokens,
       coalesce(cache_write_1h_tokens, 0) AS cache_write_1h_tokens,
       coalesce(reasoning_tokens, 0) AS reasoning_tokens,
       coalesce(searches, 0) AS searches,
       coalesce(cost, 0) AS cost,
       coalesce(list_cost, 0) AS list_cost,
       CASE WHEN credential IS NOT NULL THEN duration_ms END AS duration_ms,
       CASE WHEN credential IS NOT NULL THEN first_token_ms END
       AS first_token_ms
  FROM requests
 WHERE status <> 'running';

INSERT INTO usage_quarters
SELECT 1, started_at / 900000 * 900000 AS began_at,
       key_id, model, service, credential, token_source, currency,
       list_currency,
       sum(requests), sum(failures), sum(refusals), sum(unpriced),
       sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens),
       sum(cache_write_tokens), sum(cache_write_1h_tokens),
       sum(reasoning_tokens), sum(searches), sum(cost), sum(list_cost),
       count(duration_ms), coalesce(sum(duration_ms), 0), count(duration_ms <= 500 OR NULL),
       count(duration_ms <= 1000 OR NULL), count(duration_ms <= 2000 OR NULL),
       count(duration_ms <= 5000 OR NULL), count(duration_ms <= 10000 OR NULL),
       count(duration_ms <= 30000 OR NULL),
       count(duration_ms <= 100000 OR NULL), count(first_token_ms),
       coalesce(sum(first_token_ms), 0), count(first_token_ms <= 500 OR NULL),
       count(first_token_ms <= 1000 OR NULL),
       count(first_token_ms <= 2000 OR NULL),
       count(first_token_ms <= 5000 OR NULL),
       count(first_token_ms <= 10000 OR NULL),
       count(first_token_ms <= 30000 OR NULL),
       count(first_token_ms <= 100000 OR NULL)
  FROM request_usage
 WHERE started_at >= (unixepoch() / 86400 - 90) * 86400000
 GROUP BY began_at, key_id, model, service, credential, token_source, currency,
          list_currency;

INSERT INTO usage_days
SELECT started_at / 86400000 * 86400000 AS began_at,
       key_id, model, service, credential, token_source, currency,
       list_currency,
       sum(requests), sum(failures), sum(refusals), sum(unpriced),
       sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens),
       sum(cache_write_tokens), sum(cache_write_1h_tokens),
       sum(reasoning_tokens), sum(searches), sum(cost), sum(list_cost),
       count(duration_ms), coalesce(sum(duration_ms), 0), count(duration_ms <= 500 OR NULL),
       count(duration_ms <= 1000 OR NULL), count(duration_ms <= 2000 OR NULL),
       count(duration_ms <= 5000 OR NULL), count(duration_ms <= 10000 OR NULL),
       count(duration_ms <= 30000 OR NULL),
       count(duration_ms <= 100000 OR NULL), count(first_token_ms),
       coalesce(sum(first_token_ms), 0), count(first_token_ms <= 500 OR NULL),
       count(first_token_ms <= 1000 OR NULL),
       count(first_token_ms <= 2000 OR NULL),
       count(first_token_ms <= 5000 OR NULL),
       count(first_token_ms <= 10000 OR NULL),
       count(first_token_ms <= 30000 OR NULL),
       count(first_token_ms <= 100000 OR NULL)
  FROM request_usage
 GROUP BY began_at, key_id, model, service, credential, token_source, currency,
          list_currency;

-- The owner may have deleted requests, but not what they used.
INSERT INTO usage_days
SELECT unixepoch(day) * 1000, c.key_id, c.model, '', '', c.token_source, '',
       '', c.requests - coalesce(r.requests, 0),
       max(c.failures - coalesce(r.failures, 0), 0), 0,
       CASE c.token_source WHEN 'none' THEN 0
            ELSE c.requests - coalesce(r.requests, 0) END,
       max(c.prompt_tokens - coalesce(r.prompt, 0), 0),
       max(c.completion_tokens - coalesce(r.completion, 0), 0),
       max(c.cached_tokens - coalesce(r.cached, 0), 0), 0, 0,
       max(c.reasoning_tokens - coalesce(r.reasoning, 0), 0), 0, 0, 0,
       0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
  FROM counters c
  LEFT JOIN (SELECT began_at, key_id, model, token_source,
                    sum(requests) AS requests, sum(failures) AS failures,
                    sum(prompt_tokens) AS prompt,
                    sum(completion_tokens) AS completion,
                    sum(cached_tokens) AS cached,
                    sum(reasoning_tokens) AS reasoning
               FROM usage_days
              GROUP BY began_at, key_id, model, token_source) r
    ON r.began_at = unixepoch(day) * 1000 AND r.key_id = c.key_id
       AND r.model = c.model AND r.token_source = c.token_source
 WHERE c.requests > coalesce(r.requests, 0)
ON CONFLICT (began_at, key_id, model, service, credential, token_source,
             currency, list_currency) DO UPDATE
   SET requests = usage_days.requests + excluded.requests,
       failures = usage_days.failures + excluded.failures,
       unpriced = usage_days.unpriced + excluded.unpriced,
       prompt_tokens = usage_days.prompt_tokens + excluded.prompt_tokens,
       completion_tokens = usage_days.completion_tokens
                           + excluded.completion_tokens,
       cached_tokens = usage_days.cached_tokens + excluded.cached_tokens,
       reasoning_tokens = usage_days.reasoning_tokens
                          + excluded.reasoning_tokens;

INSERT INTO usage_totals
SELECT key_id, model, service, token_source, currency,
       sum(requests), sum(failures), sum(refusals), sum(unpriced),
       sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens),
       sum(cache_write_tokens), sum(reasoning_tokens), sum(searches),
       sum(cost), sum(timed), sum(duration_ms), sum(took_500ms), sum(took_1s),
       sum(took_2s), sum(took_5s), sum(took_10s), sum(took_30s),
       sum(took_100s), sum(begun), sum(first_token_ms), sum(first_500ms),
       sum(first_1s), sum(first_2s), sum(first_5s), sum(first_10s),
       sum(first_30s), sum(first_100s)
  FROM usage_days
 GROUP BY key_id, model, service, token_source, currency;

DROP VIEW request_usage;
DROP VIEW v_usage_daily;
DROP VIEW v_usage_by_key;
DROP TABLE counters;

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
  request INTEGER NOT NULL,                    -- seq of the last one
  told_at INTEGER NOT NULL                     -- log line of KIMI_MAX_DB
) STRICT;

INSERT INTO pruning (id, due_at, request, told_at) VALUES (1, 0, 0, 0);

CREATE INDEX conversations_by_age ON conversations (updated_at);
CREATE INDEX stored_responses_of_previous ON stored_responses (previous_seq)
  WHERE previous_seq IS NOT NULL;

-- Each reply is found by its request, to be deleted.
DROP INDEX messages_of_request;
CREATE INDEX messages_of_request ON messages (request_seq)
  WHERE request_seq IS NOT NULL;

-- --- Views -------------------------------------------------------------------

-- The program has them in its statements.
DROP VIEW message_details;
DROP VIEW stored_response_details;

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

DROP VIEW v_errors;
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
