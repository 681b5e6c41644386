-- SPDX-License-Identifier: MIT
-- Requests of 180 days, up to now: 20 API keys, 6 models, 4 credentials, both
-- currencies, one in 50 failed or refused, one in 50 in a conversation of ten.
-- Parameter :rows. With the attempts, messages and sums that the program would
-- have made of them, these by its view request_usage; replies outside
-- conversations are deleted already.

PRAGMA synchronous = OFF;
PRAGMA journal_mode = OFF;
PRAGMA cache_size = -2000000;

INSERT INTO keys (id, fingerprint, label, created_at, public_id, name)
SELECT value, 'fingerprint-' || value, 'sk-…' || value, 0, 'key_' || value,
       'team-' || value
  FROM generate_series(1, 20);

INSERT INTO conversations (id, key_id, name, created_at, updated_at)
SELECT 1 + value, 1 + value % 20, 'conversation-' || value,
       (unixepoch() - 180 * 86400) * 1000
       + CAST(180.0 * 86400000 * 500 * value / :rows AS INTEGER),
       (unixepoch() - 180 * 86400) * 1000
       + CAST(180.0 * 86400000 * (500 * value + 450) / :rows AS INTEGER)
  FROM generate_series(0, :rows / 500);

INSERT INTO requests (seq, id, key_id, conversation_id, dialect, model, stream, status,
                      lease_until, credential, service, region, http_status,
                      prompt_tokens, completion_tokens, cached_tokens,
                      reasoning_tokens, cache_write_tokens,
                      cache_write_1h_tokens, searches, token_source, cost,
                      currency, price_id, first_token_ms, duration_ms,
                      error_kind, started_at, host, began_ms,
                      first_byte_ms)
SELECT n, 'req_' || printf('%010x', started) || lower(hex(randomblob(7))),
       1 + CASE n % 50 WHEN 0 THEN n / 500 ELSE n * 7919 / 13 END % 20,
       CASE n % 50 WHEN 0 THEN 1 + n / 500 END, 'openai_chat', p.model,
       n % 2, CASE n % 100 WHEN 7 THEN 'failed' WHEN 57 THEN 'refused'
                           ELSE 'done' END,
       0, CASE n % 100 WHEN 57 THEN NULL ELSE 'platform-' || (1 + n * 7919 / 13 % 4) END,
       'platform', p.region, 200, 500 + n % 7000, 100 + n % 900, n % 400,
       n % 90, 0, 0, 0, CASE n % 100 WHEN 57 THEN NULL ELSE 'upstream' END,
       CASE n % 100 WHEN 57 THEN NULL
       ELSE ((500 + n % 7000 - n % 400) * p.input + n % 400 * p.cached
             + (100 + n % 900) * p.output + 500) / 1000 END,
       CASE n % 100 WHEN 57 THEN NULL ELSE p.currency END,
       CASE n % 100 WHEN 57 THEN NULL ELSE p.id END,
       300 + n % 4000, 1000 + n * 7 % 60000,
       CASE n % 100 WHEN 7 THEN 'upstream' WHEN 57 THEN 'bad_request' END,
       started,
       CASE WHEN n % 50 NOT IN (7, 11) THEN 'api.moonshot.ai' END,
       CASE WHEN n % 50 NOT IN (7, 11) THEN 1 END,
       CASE WHEN n % 50 NOT IN (7, 11) THEN 250 END
  FROM (SELECT value AS n,
               (unixepoch() - 180 * 86400) * 1000
               + CAST(180.0 * 86400000 * value / :rows AS INTEGER) - 1
               AS started
          FROM generate_series(1, :rows))
  JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS number, * FROM prices
         WHERE service = 'platform' AND cached IS NOT NULL
         ORDER BY id LIMIT 6) p
    ON p.number = n / 20 % 6
 ORDER BY n;

UPDATE requests
   SET service = NULL, region = NULL, prompt_tokens = NULL,
       completion_tokens = NULL, cached_tokens = NULL, reasoning_tokens = NULL,
       cache_write_tokens = NULL, cache_write_1h_tokens = NULL, searches = NULL,
       http_status = 400, first_token_ms = NULL
 WHERE status = 'refused';

-- Of those that the first attempt did not answer. One in 50 has a second one,
-- after a 429.
INSERT INTO listed_attempts (request_seq, number, choice, credential, service,
                             host, began_ms, first_byte_ms, first_token_ms,
                             end_ms, http_status, error_kind)
SELECT seq, number, 0, credential, service, 'api.moonshot.ai', 1, 250,
       CASE WHEN number = tries THEN first_token_ms END, duration_ms,
       CASE WHEN number < tries THEN 429 WHEN status = 'failed' THEN 502
            ELSE 200 END,
       CASE WHEN number < tries THEN 'rate_limit' ELSE error_kind END
  FROM (SELECT *, CASE seq % 50 WHEN 11 THEN 2 ELSE 1 END AS tries
          FROM requests WHERE credential IS NOT NULL AND began_ms IS NULL)
  JOIN (SELECT value AS number FROM generate_series(1, 2))
    ON number <= tries
 ORDER BY seq, number;

INSERT INTO messages (uid, request_seq, conversation_id, reply, role, content,
                      created_at, size)
SELECT lower(hex(randomblob(12))), seq, conversation_id, reply,
       CASE reply WHEN 1 THEN 'assistant' ELSE 'user' END,
       CASE reply
       WHEN 1 THEN 'Reply ' || seq || substr(replace(hex(zeroblob(100)), '00',
              ' The quick brown fox jumps over the lazy dog.'), 1, seq % 3000)
       ELSE 'Question ' || seq || ': how does the quick brown fox jump?' END,
       started_at, 1000
  FROM requests JOIN (SELECT value AS reply FROM generate_series(0, 1))
 WHERE conversation_id IS NOT NULL
 ORDER BY seq, reply;

UPDATE keys
   SET kept = (SELECT coalesce(sum(size), 0) FROM messages
                WHERE conversation_id IN (SELECT id FROM conversations
                                           WHERE key_id = keys.id))
              + (SELECT coalesce(sum(256 + length(name)), 0)
                   FROM conversations WHERE key_id = keys.id)
 WHERE origin = 'settings' AND name LIKE 'team-%';

INSERT INTO usage_quarters
SELECT 1, started_at / 900000 * 900000 AS began, key_id, model, service,
       credential, token_source, currency, list_currency,
       sum(requests), sum(failures), sum(refusals), sum(unpriced),
       sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens),
       sum(cache_write_tokens), sum(cache_write_1h_tokens),
       sum(reasoning_tokens), sum(searches), sum(cost), sum(list_cost),
       count(duration_ms),
       coalesce(sum(duration_ms), 0), count(duration_ms <= 500 OR NULL),
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
 GROUP BY began, key_id, model, service, credential, token_source, currency,
          list_currency;

INSERT INTO usage_days
SELECT began_at / 86400000 * 86400000 AS day, key_id, model, service,
       credential, token_source, currency, list_currency,
       sum(requests), sum(failures), sum(refusals), sum(unpriced),
       sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens),
       sum(cache_write_tokens), sum(cache_write_1h_tokens),
       sum(reasoning_tokens), sum(searches), sum(cost), sum(list_cost),
       sum(timed), sum(duration_ms), sum(took_500ms), sum(took_1s),
       sum(took_2s), sum(took_5s), sum(took_10s), sum(took_30s),
       sum(took_100s), sum(begun), sum(first_token_ms), sum(first_500ms),
       sum(first_1s), sum(first_2s), sum(first_5s), sum(first_10s),
       sum(first_30s), sum(first_100s)
  FROM usage_quarters
 GROUP BY day, key_id, model, service, credential, token_source, currency,
          list_currency;

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

DELETE FROM usage_quarters
 WHERE began_at < (unixepoch() / 86400 - 89) * 86400000;
