-- SPDX-License-Identifier: MIT
-- Every statement of the program. The build turns each `-- name:` into an enum
-- constant DB_<NAME> (embed.awk); parameters are bound in their order. A `-- view:`
-- is put in brackets into the statements that name it: one of schema.sql would be
-- parsed by each process. SELECT * is only used on views that list their columns.

-- name: begin
BEGIN IMMEDIATE;

-- name: begin_read
BEGIN DEFERRED;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- A transaction that shares its commit with others.
-- name: join
SAVEPOINT joined;

-- name: join_end
RELEASE joined;

-- name: join_rollback
ROLLBACK TO joined;

-- name: key_add
INSERT INTO keys (fingerprint, label, stranger, created_at, public_id, origin)
VALUES (?1, ?2, ?3, ?4, ?5,
        CASE WHEN ?3 IS NULL THEN 'settings' ELSE 'stranger' END)
ON CONFLICT (fingerprint) DO NOTHING;

-- name: key_add_nobody
INSERT INTO keys (fingerprint, label, origin, created_at)
VALUES (?1, ?1, 'nobody', ?2);

-- name: key_find
SELECT id, stranger IS NOT NULL FROM keys WHERE fingerprint = ?1;

-- name: key_find_stranger
SELECT id, stranger IS NOT ?2 FROM keys WHERE fingerprint = ?1;

-- name: key_set_stranger
UPDATE keys SET stranger = ?2 WHERE id = ?1;

-- name: key_note_use
UPDATE keys SET last_used_at = ?2 WHERE id = ?1;

-- name: key_secret_note_use
UPDATE key_secrets SET last_used_at = ?2 WHERE fingerprint = ?1;

-- By its secret; those of the settings file and of strangers are fingerprints of
-- keys themselves. The columns are those of key_details: each CGI process
-- prepares this, and with the view it would take twice as long.
-- name: api_key_find
SELECT k.id, k.fingerprint, public_id, name, k.label, origin, admin,
       k.created_at, blocked_at, revoked_at, expires_at, k.last_used_at, models,
       credentials, requests_per_minute, tokens_per_minute, max_concurrent,
       reserve_output, coalesce(space, -1), on_disconnect,
       EXISTS (SELECT 1 FROM budgets WHERE key_id = k.id), 0,
       s.valid_until, s.last_used_at
  FROM keys k
  LEFT JOIN key_secrets s ON s.fingerprint = ?1 AND s.key_id = k.id
 WHERE k.id = coalesce(
       (SELECT key_id FROM key_secrets WHERE fingerprint = ?1),
       (SELECT id FROM keys WHERE fingerprint = ?1 AND origin <> 'database'));

-- In the order of enum column in api_keys.c.
-- view: key_details
SELECT id, fingerprint, public_id, name, label, origin, admin, created_at,
       blocked_at, revoked_at, expires_at, last_used_at, models, credentials,
       requests_per_minute, tokens_per_minute, max_concurrent, reserve_output,
       coalesce(space, -1) AS space, on_disconnect,
       EXISTS (SELECT 1 FROM budgets WHERE key_id = keys.id) AS has_budgets,
       origin = 'database' AND NOT EXISTS (
         SELECT 1 FROM key_secrets WHERE key_id = keys.id) AS deleted
  FROM keys;

-- Labels come last: only names and public ids are of one key.
-- name: api_key_named
SELECT * FROM key_details
 WHERE (name = ?1 OR public_id = ?1 OR label = ?1) AND origin <> 'nobody'
 ORDER BY CASE WHEN name = ?1 THEN 0 WHEN public_id = ?1 THEN 1 ELSE 2 END,
       deleted, id;

-- name: api_key_read
SELECT * FROM key_details WHERE id = ?1;

-- name: api_keys
SELECT * FROM key_details WHERE origin <> 'nobody'
 ORDER BY name IS NULL, name, id;

-- name: api_key_add
INSERT INTO keys (fingerprint, label, created_at, public_id, origin)
VALUES (?1, ?2, ?3, ?4, 'database');

-- name: api_key_set
UPDATE keys
   SET name = ?2, admin = ?3, expires_at = ?4, models = ?5, credentials = ?6,
       requests_per_minute = ?7, tokens_per_minute = ?8, max_concurrent = ?9,
       reserve_output = ?10, space = ?11, on_disconnect = ?12
 WHERE id = ?1;

-- A key that was deleted gives its name up for another one.
-- name: api_key_name_free
UPDATE keys SET name = NULL
 WHERE name = ?1 AND origin = 'database' AND NOT EXISTS (
       SELECT 1 FROM key_secrets WHERE key_id = keys.id);

-- name: api_key_name_taken
SELECT EXISTS (SELECT 1 FROM keys WHERE name = ?1 AND id <> ?2);

-- name: api_key_block
UPDATE keys SET blocked_at = ?2 WHERE id = ?1;

-- name: api_key_revoke
UPDATE keys SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1;

-- Its new fingerprint has nothing to do with a secret. That of a key of the
-- database has not anyway: requests that still run find its row by it.
-- name: api_key_forget
UPDATE keys
   SET fingerprint = CASE origin WHEN 'database' THEN fingerprint ELSE ?2 END,
       origin = 'database',
       stranger = CASE WHEN stranger IS NOT NULL THEN '' END
 WHERE id = ?1;

-- name: key_secrets
SELECT label, created_at, valid_until, last_used_at FROM key_secrets
 WHERE key_id = ?1 ORDER BY created_at DESC, fingerprint;

-- name: key_secret_add
INSERT INTO key_secrets (fingerprint, key_id, label, created_at)
VALUES (?1, ?2, ?3, ?4);

-- name: key_secret_set_label
UPDATE keys SET label = ?2 WHERE id = ?1;

-- name: key_secrets_end
UPDATE key_secrets SET valid_until = ?2
 WHERE key_id = ?1 AND (valid_until IS NULL OR valid_until > ?2);

-- name: key_secrets_delete
DELETE FROM key_secrets WHERE key_id = ?1;

-- Of one key, or of all.
-- name: budget_keys
SELECT id, coalesce(name, public_id) FROM keys
 WHERE id IN (SELECT key_id FROM budgets WHERE ?1 IS NULL OR key_id = ?1)
 ORDER BY 2;

-- name: key_budgets
SELECT period, unit, amount FROM budgets
 WHERE key_id = ?1
 ORDER BY CASE period WHEN 'day' THEN 1 WHEN 'week' THEN 2 WHEN 'month' THEN 3
          ELSE 4 END, unit;

-- name: key_budget_add
INSERT INTO budgets (key_id, period, unit, amount) VALUES (?1, ?2, ?3, ?4);

-- name: key_budgets_delete
DELETE FROM budgets WHERE key_id = ?1;

-- name: key_keep
UPDATE keys SET kept = kept + ?2 WHERE id = ?1;

-- Both limits per minute at once: ?3 and ?4 nanoseconds of the ?5 - ?2 that a
-- minute has. A time after ?6 is of before the clock was set back: the limit then
-- is used up by this request, which is let in.
-- name: key_take
UPDATE keys
   SET requests_tat = CASE WHEN requests_tat > ?6 THEN ?5
                           WHEN requests_tat > ?2 THEN requests_tat + ?3
                           ELSE ?2 + ?3 END,
       tokens_tat = CASE WHEN tokens_tat > ?6 THEN ?5
                         WHEN tokens_tat > ?2 THEN tokens_tat + ?4
                         ELSE ?2 + ?4 END
 WHERE id = ?1
   AND (requests_tat > ?6 OR requests_tat + ?3 <= ?5)
   AND (tokens_tat > ?6 OR tokens_tat + ?4 <= ?5) AND ?2 + ?4 <= ?5
RETURNING requests_tat, tokens_tat;

-- name: key_minutes
SELECT requests_tat, tokens_tat FROM keys WHERE id = ?1;

-- ?2 tokens of a minute that has ?3 nanoseconds; all of it is there now, and all
-- of it is used up at ?4.
-- name: key_refund
UPDATE keys
   SET tokens_tat = CASE WHEN tokens_tat - ?2 * ?3 / tokens_per_minute > ?4
                         THEN ?4
                         WHEN tokens_tat - ?2 * ?3 / tokens_per_minute < ?4 - ?3
                         THEN ?4 - ?3
                         ELSE tokens_tat - ?2 * ?3 / tokens_per_minute END
 WHERE id = ?1 AND tokens_per_minute > 0;

-- By the index on running requests, which are few.
-- name: key_running
SELECT count(*) FROM requests
 WHERE +key_id = ?1 AND status = 'running'
   AND held(lease_owner, lease_until, lease_uptime);

-- name: budget_reserve
INSERT INTO budget_uses (key_id, period, unit, began_at, used, reserved)
SELECT ?1, ?2, ?3, ?4, 0, ?5 WHERE ?5 <= ?6
ON CONFLICT (key_id, period, unit, began_at) DO UPDATE
   SET reserved = reserved + excluded.reserved
 WHERE used + reserved + excluded.reserved <= ?6;

-- name: budget_use
SELECT used, reserved FROM budget_uses
 WHERE key_id = ?1 AND period = ?2 AND unit = ?3 AND began_at = ?4;

-- Of the period in which the request began, at ?4. A budget that was set later
-- has nothing reserved for it.
-- name: budget_settle
UPDATE budget_uses
   SET reserved = CASE WHEN reserved > ?5 THEN reserved - ?5 ELSE 0 END,
       used = used + ?6
 WHERE key_id = ?1 AND period = ?2 AND unit = ?3
   AND began_at = (SELECT max(began_at) FROM budget_uses
                    WHERE key_id = ?1 AND period = ?2 AND unit = ?3
                      AND began_at <= ?4);

-- name: request_reserve
UPDATE requests
   SET reserved_tokens = ?2, reserved_cost = ?3, reserved_currency = ?4
 WHERE seq = ?1;

-- The limits of a stranger are with the key of its first credential alone.
-- name: request_reserved
SELECT coalesce((SELECT id FROM keys WHERE fingerprint = k.stranger), k.id),
       started_at, reserved_tokens, reserved_cost, reserved_currency,
       coalesce(service, 'platform'), model, prompt_tokens,
       completion_tokens, cached_tokens, cache_write_tokens,
       cache_write_1h_tokens, searches
  FROM requests JOIN keys k ON k.id = key_id
 WHERE seq = ?1 AND reserved_tokens IS NOT NULL;

-- name: request_settled
UPDATE requests
   SET reserved_tokens = NULL, reserved_cost = NULL, reserved_currency = NULL
 WHERE seq = ?1;

-- name: key_kept
SELECT kept FROM keys WHERE fingerprint = ?1;

-- name: stranger_kept
SELECT coalesce(sum(kept), 0) FROM keys WHERE stranger = ?1 AND kept > 0;

-- name: strangers_kept
SELECT coalesce(sum(kept), 0) FROM keys
 WHERE stranger IS NOT NULL AND kept > 0;

-- name: conversation_find
SELECT id, credential, chat, message FROM conversations
 WHERE key_id = ?1 AND name = ?2;

-- name: conversation_update
UPDATE conversations
   SET credential = ?2, chat = ?3, message = ?4, updated_at = ?5
 WHERE id = ?1;

-- name: conversation_busy
SELECT 1 FROM requests
 WHERE conversation_id = ?1 AND status = 'running'
   AND held(lease_owner, lease_until, lease_uptime)
 LIMIT 1;

-- The first columns in the order of enum column in message_rows.c.
-- view: message_details
SELECT id, uid, reply, role, name, content, media, reasoning,
       reasoning_details, tool_calls, tool_call_id, citations, spans,
       request_seq, conversation_id
  FROM messages;

-- name: conversation_messages
SELECT * FROM message_details WHERE conversation_id = ?1 ORDER BY id;

-- Messages after the cut that nothing else holds: no request, or only a stored
-- response that was deleted.
-- name: conversation_cut_delete
DELETE FROM messages AS m
 WHERE conversation_id = ?1 AND m.id > ?2
   AND (request_seq IS NULL
        OR (SELECT s.id IS NULL FROM stored_responses s
             WHERE s.request_seq = m.request_seq))
RETURNING size;

-- name: conversation_cut
UPDATE messages SET conversation_id = NULL
 WHERE conversation_id = ?1 AND id > ?2;

-- name: conversation_take_input
UPDATE messages SET conversation_id = ?2
 WHERE request_seq = ?1 AND uid IS NOT NULL;

-- name: conversation_add
INSERT INTO conversations (key_id, name, metadata, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?4)
ON CONFLICT (key_id, name) DO NOTHING;

-- name: conversation_read
SELECT id, key_id, name, metadata, created_at, credential, chat
  FROM conversations
 WHERE key_id = (SELECT id FROM keys WHERE fingerprint = ?1) AND name = ?2;

-- name: conversation_check
SELECT 1 FROM conversations WHERE id = ?1 AND key_id = ?2 AND name = ?3;

-- name: conversation_metadata_kept
SELECT ifnull(length(CAST(metadata AS BLOB)), 0) FROM conversations
 WHERE id = ?1;

-- name: conversation_set_metadata
UPDATE conversations SET metadata = ?2 WHERE id = ?1;

-- Its chat at Kimi no longer matches it.
-- name: conversation_changed
UPDATE conversations
   SET credential = NULL, chat = NULL, message = NULL, updated_at = ?2
 WHERE id = ?1;

-- What goes with the statements below.
-- name: conversation_kept
SELECT (SELECT coalesce(sum(256 + length(CAST(batch AS BLOB))), 0)
          FROM stream_logs
         WHERE request_seq IN (SELECT seq FROM requests WHERE conversation_id = ?1))
     + (SELECT coalesce(sum(256 + ifnull(length(CAST(settings AS BLOB)), 0)
                                + ifnull(length(CAST(metadata AS BLOB)), 0)), 0)
          FROM stored_responses
         WHERE request_seq IN (SELECT seq FROM requests WHERE conversation_id = ?1)
           AND id IS NOT NULL)
     + (SELECT coalesce(sum(size), 0) FROM messages
         WHERE conversation_id = ?1
            OR (request_seq IN (SELECT seq FROM requests WHERE conversation_id = ?1)
                AND uid IS NOT NULL))
     + 256 + length(CAST(name AS BLOB))
     + ifnull(length(CAST(metadata AS BLOB)), 0)
  FROM conversations WHERE id = ?1;

-- name: conversation_logs_delete
DELETE FROM stream_logs
 WHERE request_seq IN (SELECT seq FROM requests WHERE conversation_id = ?1);

-- name: conversation_responses_delete
UPDATE stored_responses SET id = NULL, settings = NULL, metadata = NULL
 WHERE request_seq IN (SELECT seq FROM requests WHERE conversation_id = ?1);

-- name: conversation_messages_delete
DELETE FROM messages
 WHERE conversation_id = ?1
    OR (request_seq IN (SELECT seq FROM requests WHERE conversation_id = ?1)
        AND uid IS NOT NULL);

-- name: conversation_requests_release
UPDATE requests SET conversation_id = NULL, error = NULL
 WHERE conversation_id = ?1;

-- name: conversation_delete
DELETE FROM conversations WHERE id = ?1;

-- name: message_add
INSERT INTO messages (uid, request_seq, conversation_id, reply, role, name,
                      content, media, reasoning, reasoning_details, tool_calls,
                      tool_call_id, citations, spans, size, reply_key,
                      created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
        ?17);

-- name: message_replace
UPDATE messages
   SET role = ?2, name = ?3, content = ?4, media = ?5, reasoning = ?6,
       reasoning_details = ?7, tool_calls = ?8, tool_call_id = ?9,
       citations = ?10, spans = ?11, size = ?12,
       reply_key = CASE WHEN ?6 IS NOT NULL THEN reply_key END
 WHERE id = ?1;

-- name: message_delete
DELETE FROM messages WHERE id = ?1;

-- name: message_in_conversation
SELECT id, request_seq, size FROM messages
 WHERE uid = ?1 AND conversation_id = ?2;

-- name: message_read
SELECT * FROM message_details WHERE id = ?1;

-- name: message_find
SELECT m.*
  FROM message_details m
  LEFT JOIN requests r ON r.seq = m.request_seq
  LEFT JOIN conversations c ON c.id = m.conversation_id
 WHERE m.uid = ?1
   AND coalesce(r.key_id, c.key_id) =
       (SELECT id FROM keys WHERE fingerprint = ?2);

-- The messages of a stored response and of all that it continues, in order. For
-- a response in a conversation, what came before it is the conversation up to
-- there: messages that came later have greater ids.
-- name: stored_response_chain
WITH RECURSIVE chain (seq, previous_seq, conversation_id, stored) AS (
  SELECT s.request_seq, s.previous_seq, r.conversation_id, s.id IS NOT NULL
    FROM stored_responses s JOIN requests r ON r.seq = s.request_seq
   WHERE s.request_seq = ?1
   UNION ALL
  SELECT s.request_seq, s.previous_seq, r.conversation_id, s.id IS NOT NULL
    FROM chain
    JOIN stored_responses s ON s.request_seq = chain.previous_seq
    JOIN requests r ON r.seq = s.request_seq
   WHERE chain.conversation_id IS NULL
)
SELECT * FROM message_details
 WHERE id IN (
       SELECT m.id FROM chain JOIN messages m ON m.request_seq = chain.seq
        WHERE chain.stored AND m.uid IS NOT NULL
        UNION ALL
       SELECT m.id
         FROM chain
         JOIN messages m ON m.conversation_id = chain.conversation_id
        WHERE m.id < (SELECT min(f.id) FROM messages f
                       WHERE f.request_seq = chain.seq
                         AND f.uid IS NOT NULL))
 ORDER BY id;

-- name: stored_response_previous
SELECT s.request_seq, r.status
  FROM stored_responses s JOIN requests r ON r.seq = s.request_seq
 WHERE s.id = ?1 AND s.key_id = ?2;

-- name: stored_response_add
INSERT INTO stored_responses (request_seq, key_id, id, kind, previous_seq,
                              settings, metadata, background)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: stored_response_mark
SELECT cancelled, id IS NULL FROM stored_responses WHERE request_seq = ?1;

-- name: stored_response_row
SELECT s.request_seq,
       r.status = 'running' AND NOT s.cancelled
       AND held(lease_owner, lease_until, lease_uptime),
       s.key_id
  FROM stored_responses s JOIN requests r ON r.seq = s.request_seq
 WHERE s.id = ?2 AND s.key_id = (SELECT id FROM keys WHERE fingerprint = ?1);

-- The first columns in the order of enum column in stored_responses.c.
-- view: stored_response_details
SELECT request_seq AS seq, s.id AS id, dialect, model, settings, metadata,
       (SELECT id FROM stored_responses
         WHERE request_seq = s.previous_seq) AS previous,
       (SELECT name FROM conversations
         WHERE id = conversation_id) AS conversation,
       background, stream, status, cancelled, lease_owner, lease_until,
       lease_uptime, started_at, duration_ms, finish_reason, error_kind,
       error, token_source, prompt_tokens, completion_tokens, cached_tokens,
       reasoning_tokens, cache_write_tokens, cache_write_1h_tokens, searches,
       s.key_id AS key_id, kind
  FROM stored_responses s JOIN requests ON seq = request_seq;

-- name: stored_response_find
SELECT * FROM stored_response_details
 WHERE id = ?2 AND key_id = (SELECT id FROM keys WHERE fingerprint = ?1);

-- name: stored_responses_forward
SELECT * FROM stored_response_details
 WHERE key_id = (SELECT id FROM keys WHERE fingerprint = ?1)
   AND kind = ?2 AND id IS NOT NULL AND status = 'done'
   AND (?3 IS NULL OR model = ?3)
   AND NOT EXISTS (SELECT 1 FROM json_each(?4) w
                    WHERE NOT EXISTS (SELECT 1 FROM json_each(metadata) h
                                       WHERE h.key = w.key
                                         AND h.value = w.value))
   AND seq > ?5
 ORDER BY seq LIMIT ?6;

-- name: stored_responses_backward
SELECT * FROM stored_response_details
 WHERE key_id = (SELECT id FROM keys WHERE fingerprint = ?1)
   AND kind = ?2 AND id IS NOT NULL AND status = 'done'
   AND (?3 IS NULL OR model = ?3)
   AND NOT EXISTS (SELECT 1 FROM json_each(?4) w
                    WHERE NOT EXISTS (SELECT 1 FROM json_each(metadata) h
                                       WHERE h.key = w.key
                                         AND h.value = w.value))
   AND seq < ?5
 ORDER BY seq DESC LIMIT ?6;

-- name: stored_response_messages
SELECT * FROM message_details
 WHERE request_seq = ?1 AND uid IS NOT NULL ORDER BY id;

-- name: stored_response_metadata_kept
SELECT ifnull(length(CAST(metadata AS BLOB)), 0) FROM stored_responses
 WHERE request_seq = ?1;

-- name: stored_response_set_metadata
UPDATE stored_responses SET metadata = ?2 WHERE request_seq = ?1;

-- name: stored_response_cancel
UPDATE stored_responses SET cancelled = 1
 WHERE request_seq = ?1
   AND EXISTS (SELECT 1 FROM requests
                WHERE seq = ?1 AND status = 'running'
                  AND held(lease_owner, lease_until, lease_uptime));

-- What goes with the statements below and with the stream log.
-- name: stored_response_kept
SELECT (SELECT coalesce(sum(256 + length(CAST(batch AS BLOB))), 0)
          FROM stream_logs WHERE request_seq = ?1)
     + (SELECT coalesce(sum(size), 0) FROM messages
         WHERE request_seq = ?1 AND uid IS NOT NULL
           AND conversation_id IS NULL)
     + 256 + ifnull(length(CAST(settings AS BLOB)), 0)
     + ifnull(length(CAST(metadata AS BLOB)), 0)
  FROM stored_responses WHERE request_seq = ?1;

-- name: stored_response_delete
UPDATE stored_responses SET id = NULL, settings = NULL, metadata = NULL
 WHERE request_seq = ?1;

-- An error message may quote what was said.
-- name: stored_response_error_delete
UPDATE requests SET error = NULL WHERE seq = ?1;

-- name: stored_response_messages_delete
DELETE FROM messages
 WHERE request_seq = ?1 AND uid IS NOT NULL AND conversation_id IS NULL;

-- Only while the response is running.
-- name: stream_log_next
SELECT s.key_id,
       1 + coalesce((SELECT max(position) FROM stream_logs
                      WHERE request_seq = ?1), 0)
  FROM stored_responses s JOIN requests r ON r.seq = s.request_seq
 WHERE s.request_seq = ?1 AND s.id IS NOT NULL
   AND r.status = 'running';

-- name: stream_log_add
INSERT INTO stream_logs (request_seq, position, batch) VALUES (?1, ?2, ?3);

-- name: stream_log_read
SELECT position, batch FROM stream_logs
 WHERE request_seq = ?1 AND position > ?2 ORDER BY position;

-- name: stream_log_state
SELECT r.status = 'running' AND NOT s.cancelled AND s.id IS NOT NULL
       AND held(lease_owner, lease_until, lease_uptime),
       coalesce(s.read_at, 0)
  FROM stored_responses s JOIN requests r ON r.seq = s.request_seq
 WHERE s.request_seq = ?1;

-- name: stream_log_follow
UPDATE stored_responses SET read_at = ?2 WHERE request_seq = ?1;

-- name: stream_log_kept
SELECT coalesce(sum(256 + length(CAST(batch AS BLOB))), 0) FROM stream_logs
 WHERE request_seq = ?1;

-- name: stream_log_delete
DELETE FROM stream_logs WHERE request_seq = ?1;

-- name: request_add
INSERT INTO requests (id, key_id, conversation_id, dialect, model, stream,
                      lease_owner, lease_until, lease_uptime, started_at,
                      status, credential, service, region, http_status,
                      finish_reason, prompt_tokens, completion_tokens,
                      cached_tokens, reasoning_tokens, cache_write_tokens,
                      cache_write_1h_tokens, token_source, searches, cost,
                      currency, price_id, list_cost, list_currency,
                      first_token_ms, duration_ms, error_kind, error, host,
                      queued_ms, began_ms, lookup_ms, connect_ms, tls_ms,
                      first_byte_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
        ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30,
        ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39, ?40);

-- name: request_renew
UPDATE requests SET lease_owner = ?3, lease_until = ?4, lease_uptime = ?5
 WHERE seq = ?1 AND id = ?2 AND status = 'running';

-- Not one that another process gave up, nor one that has its number in a file
-- which replaced this one.
-- name: request_close
UPDATE requests
   SET status = ?3, credential = ?4, service = ?5, region = ?6,
       http_status = ?7, finish_reason = ?8, prompt_tokens = ?9,
       completion_tokens = ?10, cached_tokens = ?11, reasoning_tokens = ?12,
       cache_write_tokens = ?13, cache_write_1h_tokens = ?14,
       token_source = ?15, searches = ?16, cost = ?17, currency = ?18,
       price_id = ?19, list_cost = ?20, list_currency = ?21,
       first_token_ms = ?22, duration_ms = ?23, error_kind = ?24, error = ?25,
       host = ?26, queued_ms = ?27, began_ms = ?28, lookup_ms = ?29,
       connect_ms = ?30, tls_ms = ?31, first_byte_ms = ?32
 WHERE seq = ?1 AND id = ?2 AND status = 'running';

-- name: attempt_add
INSERT INTO listed_attempts
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
        ?17);

-- name: conversation_drop_chat
UPDATE conversations SET credential = NULL, chat = NULL, message = NULL
 WHERE id = ?1;

-- name: request_find
SELECT seq, status = 'running', conversation_id FROM requests WHERE id = ?1;

-- name: requests_dead
SELECT seq, id, key_id, conversation_id, dialect, model, stream, started_at,
       EXISTS (SELECT 1 FROM stored_responses WHERE request_seq = seq)
  FROM requests
 WHERE status = 'running'
   AND NOT held(lease_owner, lease_until, lease_uptime);

-- By the primary key, which says that there is one row. For "in_day = 0" SQLite
-- takes the index on such rows, and prepares to undo the change of several.
-- name: usage_quarter_add
UPDATE usage_quarters
   SET requests = requests + ?9,
       failures = failures + ?10,
       refusals = refusals + ?11,
       unpriced = unpriced + ?12,
       prompt_tokens = prompt_tokens + ?13,
       completion_tokens = completion_tokens + ?14,
       cached_tokens = cached_tokens + ?15,
       cache_write_tokens = cache_write_tokens + ?16,
       cache_write_1h_tokens = cache_write_1h_tokens + ?17,
       reasoning_tokens = reasoning_tokens + ?18,
       searches = searches + ?19,
       cost = cost + ?20,
       list_cost = list_cost + ?21,
       timed = timed + ?22,
       duration_ms = duration_ms + ?23,
       took_500ms = took_500ms + ?24,
       took_1s = took_1s + ?25,
       took_2s = took_2s + ?26,
       took_5s = took_5s + ?27,
       took_10s = took_10s + ?28,
       took_30s = took_30s + ?29,
       took_100s = took_100s + ?30,
       begun = begun + ?31,
       first_token_ms = first_token_ms + ?32,
       first_500ms = first_500ms + ?33,
       first_1s = first_1s + ?34,
       first_2s = first_2s + ?35,
       first_5s = first_5s + ?36,
       first_10s = first_10s + ?37,
       first_30s = first_30s + ?38,
       first_100s = first_100s + ?39
 WHERE began_at = ?1 AND key_id = ?2 AND model = ?3 AND service = ?4
   AND credential = ?5 AND token_source = ?6 AND currency = ?7
   AND list_currency = ?8 AND in_day = 0 + 0;

-- name: usage_quarter_begin
INSERT INTO usage_quarters
VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,
        ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29,
        ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39);

-- name: usage_days_sum_up
INSERT INTO usage_days
SELECT began_at / 86400000 * 86400000 AS day,
       key_id, model, service, credential, token_source, currency,
       list_currency,
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
 WHERE in_day = 0 AND began_at < ?1
 GROUP BY day, key_id, model, service, credential, token_source, currency,
          list_currency
ON CONFLICT (began_at, key_id, model, service, credential, token_source,
             currency, list_currency) DO UPDATE
   SET requests = requests + excluded.requests,
       failures = failures + excluded.failures,
       refusals = refusals + excluded.refusals,
       unpriced = unpriced + excluded.unpriced,
       prompt_tokens = prompt_tokens + excluded.prompt_tokens,
       completion_tokens = completion_tokens + excluded.completion_tokens,
       cached_tokens = cached_tokens + excluded.cached_tokens,
       cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
       cache_write_1h_tokens = cache_write_1h_tokens
                               + excluded.cache_write_1h_tokens,
       reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
       searches = searches + excluded.searches,
       cost = cost + excluded.cost,
       list_cost = list_cost + excluded.list_cost,
       timed = timed + excluded.timed,
       duration_ms = duration_ms + excluded.duration_ms,
       took_500ms = took_500ms + excluded.took_500ms,
       took_1s = took_1s + excluded.took_1s,
       took_2s = took_2s + excluded.took_2s,
       took_5s = took_5s + excluded.took_5s,
       took_10s = took_10s + excluded.took_10s,
       took_30s = took_30s + excluded.took_30s,
       took_100s = took_100s + excluded.took_100s,
       begun = begun + excluded.begun,
       first_token_ms = first_token_ms + excluded.first_token_ms,
       first_500ms = first_500ms + excluded.first_500ms,
       first_1s = first_1s + excluded.first_1s,
       first_2s = first_2s + excluded.first_2s,
       first_5s = first_5s + excluded.first_5s,
       first_10s = first_10s + excluded.first_10s,
       first_30s = first_30s + excluded.first_30s,
       first_100s = first_100s + excluded.first_100s;

-- name: usage_totals_sum_up
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
  FROM usage_quarters
 WHERE in_day = 0 AND began_at < ?1
 GROUP BY key_id, model, service, token_source, currency
ON CONFLICT (key_id, model, service, token_source, currency) DO UPDATE
   SET requests = requests + excluded.requests,
       failures = failures + excluded.failures,
       refusals = refusals + excluded.refusals,
       unpriced = unpriced + excluded.unpriced,
       prompt_tokens = prompt_tokens + excluded.prompt_tokens,
       completion_tokens = completion_tokens + excluded.completion_tokens,
       cached_tokens = cached_tokens + excluded.cached_tokens,
       cache_write_tokens = cache_write_tokens + excluded.cache_write_tokens,
       reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens,
       searches = searches + excluded.searches,
       cost = cost + excluded.cost,
       timed = timed + excluded.timed,
       duration_ms = duration_ms + excluded.duration_ms,
       took_500ms = took_500ms + excluded.took_500ms,
       took_1s = took_1s + excluded.took_1s,
       took_2s = took_2s + excluded.took_2s,
       took_5s = took_5s + excluded.took_5s,
       took_10s = took_10s + excluded.took_10s,
       took_30s = took_30s + excluded.took_30s,
       took_100s = took_100s + excluded.took_100s,
       begun = begun + excluded.begun,
       first_token_ms = first_token_ms + excluded.first_token_ms,
       first_500ms = first_500ms + excluded.first_500ms,
       first_1s = first_1s + excluded.first_1s,
       first_2s = first_2s + excluded.first_2s,
       first_5s = first_5s + excluded.first_5s,
       first_10s = first_10s + excluded.first_10s,
       first_30s = first_30s + excluded.first_30s,
       first_100s = first_100s + excluded.first_100s;

-- What ends later begins another row, which is added to the day next time.
-- name: usage_quarters_summed_up
UPDATE usage_quarters
   SET in_day = (SELECT 1 + max(q.in_day) FROM usage_quarters q
                  WHERE (q.began_at, q.currency, q.list_currency, q.key_id,
                         q.model, q.service, q.credential, q.token_source)
                        = (usage_quarters.began_at, usage_quarters.currency,
                           usage_quarters.list_currency, usage_quarters.key_id,
                           usage_quarters.model, usage_quarters.service,
                           usage_quarters.credential,
                           usage_quarters.token_source))
 WHERE in_day = 0 AND began_at < ?1;

-- name: usage_first_quarter
SELECT coalesce(min(began_at), 9223372036854775807) FROM usage_quarters;

-- What has a cost comes first. As all sums below: of one key, or of all, and so
-- with models.
-- name: usage_of_quarters
SELECT began_at, currency, list_currency,
       sum(requests), sum(failures), sum(refusals), sum(unpriced),
       sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens),
       sum(cache_write_tokens), sum(cache_write_1h_tokens),
       sum(reasoning_tokens), sum(searches), sum(cost), sum(list_cost)
  FROM usage_quarters
 WHERE began_at >= ?1 AND began_at < ?2
   AND (?3 IS NULL OR key_id = ?3) AND (?4 IS NULL OR model = ?4)
 GROUP BY began_at, currency, list_currency
 ORDER BY began_at, currency DESC, list_currency DESC;

-- name: usage_of_days
SELECT began_at, currency, list_currency,
       sum(requests), sum(failures), sum(refusals), sum(unpriced),
       sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens),
       sum(cache_write_tokens), sum(cache_write_1h_tokens),
       sum(reasoning_tokens), sum(searches), sum(cost), sum(list_cost)
  FROM usage_days
 WHERE began_at >= ?1 AND began_at < ?2
   AND (?3 IS NULL OR key_id = ?3) AND (?4 IS NULL OR model = ?4)
 GROUP BY began_at, currency, list_currency
 ORDER BY began_at, currency DESC, list_currency DESC;

-- What is not in usage_days so far.
-- name: usage_of_new_quarters
SELECT began_at, currency, list_currency,
       sum(requests), sum(failures), sum(refusals), sum(unpriced),
       sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens),
       sum(cache_write_tokens), sum(cache_write_1h_tokens),
       sum(reasoning_tokens), sum(searches), sum(cost), sum(list_cost)
  FROM usage_quarters
 WHERE in_day = 0 AND began_at >= ?1 AND began_at < ?2
   AND (?3 IS NULL OR key_id = ?3) AND (?4 IS NULL OR model = ?4)
 GROUP BY began_at, currency, list_currency
 ORDER BY began_at, currency DESC, list_currency DESC;

-- Quarters before, days, quarters behind them. The program adds it up by key (0),
-- model (1) or credential: SQLite would sort all of it first.
-- name: usage_of_names
SELECT CASE ?7 WHEN 0 THEN (SELECT coalesce(name, label) FROM keys
                             WHERE id = key_id)
               WHEN 1 THEN model ELSE credential END,
       currency, list_currency, requests, failures, refusals, unpriced,
       prompt_tokens, completion_tokens, cached_tokens, cache_write_tokens,
       cache_write_1h_tokens, reasoning_tokens, searches, cost, list_cost
  FROM (SELECT 1 AS in_day, * FROM usage_days
         WHERE began_at >= ?2 AND began_at < ?3
         UNION ALL
        SELECT * FROM usage_quarters
         WHERE in_day = 0 AND began_at >= ?2 AND began_at < ?3
         UNION ALL
        SELECT * FROM usage_quarters
         WHERE began_at >= ?1 AND began_at < min(?2, ?4)
         UNION ALL
        SELECT * FROM usage_quarters WHERE began_at >= ?3 AND began_at < ?4)
 WHERE (?5 IS NULL OR key_id = ?5) AND (?6 IS NULL OR model = ?6);

-- view: usage_in_all
SELECT *
  FROM usage_totals
 UNION ALL
SELECT key_id, model, service, token_source, currency, requests, failures,
       refusals, unpriced, prompt_tokens, completion_tokens, cached_tokens,
       cache_write_tokens, reasoning_tokens, searches, cost, timed,
       duration_ms, took_500ms, took_1s, took_2s, took_5s, took_10s, took_30s,
       took_100s, begun, first_token_ms, first_500ms, first_1s, first_2s,
       first_5s, first_10s, first_30s, first_100s
  FROM usage_quarters WHERE in_day = 0;

-- What has tokens was named by Kimi; else ?2 are the names that there may be. So
-- a row counts under the same names for ever.
-- name: usage_totals
SELECT CASE WHEN NOT ?1 THEN NULL
            WHEN origin = 'stranger' OR stranger IS NOT NULL THEN 'strangers'
            WHEN origin = 'nobody' THEN 'nobody'
            ELSE coalesce(name, public_id) END,
       CASE WHEN token_source <> 'none' OR model = ''
              OR model IN (SELECT value FROM json_each(?2)) THEN model
            ELSE 'other' END,
       service, currency,
       sum(requests), sum(failures), sum(refusals), sum(unpriced),
       sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens),
       sum(cache_write_tokens), 0,
       sum(reasoning_tokens), sum(searches), sum(cost)
  FROM usage_in_all JOIN keys ON id = key_id
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;

-- ?1 as ?2 above.
-- name: usage_latencies
SELECT CASE WHEN token_source <> 'none'
              OR model IN (SELECT value FROM json_each(?1)) THEN model
            ELSE 'other' END,
       service,
       sum(timed), sum(duration_ms), sum(took_500ms), sum(took_1s),
       sum(took_2s), sum(took_5s), sum(took_10s), sum(took_30s),
       sum(took_100s), sum(begun), sum(first_token_ms), sum(first_500ms),
       sum(first_1s), sum(first_2s), sum(first_5s), sum(first_10s),
       sum(first_30s), sum(first_100s)
  FROM usage_in_all WHERE timed > 0
 GROUP BY 1, 2 ORDER BY 1, 2;

-- What each request adds to the sums.
-- view: request_usage
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

-- name: usage_of_conversations
SELECT c.name, coalesce(k.name, k.label), currency, list_currency,
       sum(requests), sum(failures), sum(refusals), sum(unpriced),
       sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens),
       sum(cache_write_tokens), sum(cache_write_1h_tokens),
       sum(reasoning_tokens), sum(searches), sum(cost), sum(list_cost)
  FROM request_usage u
  JOIN keys k ON k.id = u.key_id
  LEFT JOIN conversations c ON c.id = conversation_id
 WHERE started_at >= ?1 AND started_at < ?2
   AND (?3 IS NULL OR u.key_id = ?3) AND (?4 IS NULL OR model = ?4)
 GROUP BY u.key_id, conversation_id, currency, list_currency
 ORDER BY u.key_id, conversation_id, currency DESC, list_currency DESC;

-- What was used from ?1 to ?2, in buckets of ?3 milliseconds, of some keys and
-- models. The program adds it up: SQLite would sort all of it first.
-- name: usage_buckets_of_days
SELECT (began_at - ?1) / ?3,
       CASE WHEN ?4 THEN (SELECT public_id FROM keys WHERE id = key_id) END,
       CASE WHEN ?5 THEN model END, CASE WHEN ?6 THEN currency END,
       requests - refusals, prompt_tokens, completion_tokens, cached_tokens,
       cache_write_tokens, searches, cost
  FROM usage_by_day
 WHERE began_at >= ?1 AND began_at < ?2 AND requests > refusals
   AND (NOT ?6 OR currency <> '')
   AND (?7 IS NULL OR key_id IN (SELECT id FROM keys
                                  WHERE public_id IN (SELECT value
                                                        FROM json_each(?7))))
   AND (?8 IS NULL OR model IN (SELECT value FROM json_each(?8)));

-- name: usage_buckets_of_quarters
SELECT (began_at - ?1) / ?3,
       CASE WHEN ?4 THEN (SELECT public_id FROM keys WHERE id = key_id) END,
       CASE WHEN ?5 THEN model END, CASE WHEN ?6 THEN currency END,
       requests - refusals, prompt_tokens, completion_tokens, cached_tokens,
       cache_write_tokens, searches, cost
  FROM usage_quarters
 WHERE began_at >= ?1 AND began_at < ?2 AND requests > refusals
   AND (NOT ?6 OR currency <> '')
   AND (?7 IS NULL OR key_id IN (SELECT id FROM keys
                                  WHERE public_id IN (SELECT value
                                                        FROM json_each(?7))))
   AND (?8 IS NULL OR model IN (SELECT value FROM json_each(?8)));

-- name: usage_buckets_of_requests
SELECT (started_at - ?1) / ?3,
       CASE WHEN ?4 THEN (SELECT public_id FROM keys WHERE id = key_id) END,
       CASE WHEN ?5 THEN model END, CASE WHEN ?6 THEN currency END,
       requests - refusals, prompt_tokens, completion_tokens, cached_tokens,
       cache_write_tokens, searches, cost
  FROM request_usage
 WHERE started_at >= ?1 AND started_at < ?2 AND requests > refusals
   AND (NOT ?6 OR currency <> '')
   AND (?7 IS NULL OR key_id IN (SELECT id FROM keys
                                  WHERE public_id IN (SELECT value
                                                        FROM json_each(?7))))
   AND (?8 IS NULL OR model IN (SELECT value FROM json_each(?8)));

-- name: price_list
SELECT id, service, region, model, currency, since, source, input, cached,
       cache_write, cache_write_1h, output, per_search
  FROM prices p
 WHERE ?1 OR NOT EXISTS (SELECT 1 FROM prices n
                          WHERE n.service = p.service AND n.region = p.region
                            AND n.model = p.model AND n.currency = p.currency
                            AND n.since > p.since AND n.since <= ?2)
 ORDER BY service, region, model, currency, since;

-- name: price_before
SELECT input, cached, cache_write, cache_write_1h, output, per_search
  FROM prices
 WHERE service = ?1 AND region = ?2 AND model = ?3 AND currency = ?4
   AND since <= ?5
 ORDER BY since DESC LIMIT 1;

-- name: price_add
INSERT INTO prices (service, region, model, currency, since, source, input,
                    cached, cache_write, cache_write_1h, output, per_search)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
ON CONFLICT DO NOTHING;

-- Models with requests that have no cost, and the region of the last of them.
-- name: prices_missing
SELECT service, model, sum(unpriced),
       sum(CASE currency WHEN '' THEN searches ELSE 0 END),
       (SELECT r.region FROM requests r
         WHERE r.started_at >= ?1 AND r.service = u.service
           AND r.model = u.model AND r.cost IS NULL
           AND r.token_source IS NOT NULL
         ORDER BY r.started_at DESC LIMIT 1)
  FROM usage_by_day u
 WHERE began_at >= ?1 AND service <> ''
 GROUP BY service, model
HAVING sum(unpriced) > 0
 ORDER BY service, model;

-- name: prices_of_service
SELECT id, region, model, currency, since, input, cached, cache_write,
       cache_write_1h, output, per_search
  FROM prices
 WHERE service = ?1;

-- name: rotation_find
SELECT next FROM rotation WHERE pool = ?1;

-- name: rotation_set
INSERT INTO rotation (pool, next) VALUES (?1, ?2)
ON CONFLICT (pool) DO UPDATE SET next = excluded.next;

-- name: credential_state
SELECT cooldown_until, cooldown_kind, cooldown_named, cooldown_words,
       cooldown_uptime, cooldown_ms, failure
  FROM credentials
 WHERE fingerprint = ?1;

-- name: credential_add
INSERT INTO credentials (fingerprint, label) VALUES (?1, ?2)
ON CONFLICT (fingerprint) DO NOTHING;

-- name: credential_cool_down
UPDATE credentials
   SET cooldown_until = ?2, cooldown_uptime = ?3, cooldown_ms = ?4,
       cooldown_kind = ?5, cooldown_named = ?6, cooldown_words = ?7,
       failed_at = CASE WHEN ?8 IS NULL THEN failed_at ELSE ?9 END,
       failure = coalesce(?8, failure)
 WHERE fingerprint = ?1;

-- name: credential_clear
UPDATE credentials
   SET cooldown_until = 0, cooldown_kind = NULL, cooldown_named = 0,
       cooldown_words = NULL, failed_at = NULL, failure = NULL
 WHERE fingerprint = ?1 AND cooldown_until = ?2;

-- name: kept_stamp
SELECT count(*), coalesce(sum(added_at), 0), coalesce(sum(paused_at), 0)
  FROM credentials
 WHERE secret IS NOT NULL OR paused_at IS NOT NULL;

-- name: kept_list
SELECT fingerprint, label, name, service, secret, added_at, paused_at
  FROM credentials
 WHERE secret IS NOT NULL OR paused_at IS NOT NULL
 ORDER BY added_at, fingerprint;

-- name: kept_find
SELECT fingerprint, name FROM credentials
 WHERE (fingerprint = ?1 AND secret IS NOT NULL) OR name = ?2
 ORDER BY fingerprint = ?1 DESC;

-- name: kept_add
UPDATE credentials
   SET name = ?2, service = ?3, secret = ?4, added_at = ?5, paused_at = NULL,
       failed_at = NULL, failure = NULL
 WHERE fingerprint = ?1;

-- name: kept_pause
UPDATE credentials SET paused_at = ?2 WHERE fingerprint = ?1;

-- name: kept_resume
UPDATE credentials
   SET paused_at = NULL, cooldown_until = 0, cooldown_kind = NULL,
       cooldown_named = 0, cooldown_words = NULL, failed_at = NULL,
       failure = NULL
 WHERE fingerprint = ?1;

-- name: credential_answered
SELECT 1 FROM usage_by_day
 WHERE service = ?1 AND credential = ?2 AND requests > failures + refusals
 LIMIT 1;

-- name: kept_give_back
UPDATE credentials
   SET name = NULL, service = NULL, secret = NULL, added_at = NULL
 WHERE fingerprint = ?1;

-- name: kept_remove
DELETE FROM credentials WHERE fingerprint = ?1;

-- name: kept_remove_notes
DELETE FROM credential_notes WHERE credential = ?1;

-- name: kept_remove_models
DELETE FROM model_lists WHERE credential = ?1;

-- name: quotas_remove
DELETE FROM credential_quotas WHERE credential = ?1;

-- name: kept_remove_chats
DELETE FROM abandoned_chats WHERE credential = ?1;

-- name: quota_put
INSERT INTO credential_quotas (credential, name, used_ppm, used, remaining,
                               whole, currency, resets_at, seen_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (credential, name) DO NOTHING;

-- name: quota_list
SELECT name, used_ppm, used, remaining, whole, currency, resets_at, seen_at
  FROM credential_quotas
 WHERE credential = ?1
 ORDER BY name;

-- name: credential_tokens
SELECT access_token, refresh_token, expires_at FROM credentials
 WHERE fingerprint = ?1;

-- name: credential_lock
UPDATE credentials
   SET renewing_owner = ?2, renewing_until = ?3, renewing_uptime = ?4
 WHERE fingerprint = ?1
   AND NOT held(renewing_owner, renewing_until, renewing_uptime);

-- name: credential_unlock
UPDATE credentials
   SET renewing_owner = NULL, renewing_until = 0, renewing_uptime = NULL
 WHERE fingerprint = ?1 AND renewing_owner IS ?2 AND renewing_uptime = ?3;

-- name: credential_renew
UPDATE credentials
   SET access_token = ?2, refresh_token = ?3, expires_at = ?4,
       cooldown_until = CASE cooldown_kind WHEN 'credential' THEN 0
                                           ELSE cooldown_until END,
       cooldown_words = CASE cooldown_kind WHEN 'credential' THEN NULL
                                           ELSE cooldown_words END,
       failed_at = CASE cooldown_kind WHEN 'credential' THEN NULL
                                      ELSE failed_at END,
       failure = CASE cooldown_kind WHEN 'credential' THEN NULL
                                    ELSE failure END,
       cooldown_kind = nullif(cooldown_kind, 'credential'),
       accepted_at = coalesce(accepted_at, unixepoch() * 1000)
 WHERE fingerprint = ?1;

-- name: credential_accepted
SELECT others_checked_at FROM credentials
 WHERE fingerprint = ?1 AND accepted_at IS NOT NULL;

-- name: credential_accept
INSERT INTO credentials (fingerprint, label, accepted_at) VALUES (?1, ?2, ?3)
ON CONFLICT (fingerprint) DO UPDATE SET accepted_at = excluded.accepted_at
 WHERE accepted_at IS NULL;

-- A time to come is of before the clock was set back.
-- name: credential_claim_others
UPDATE credentials SET others_checked_at = ?2
 WHERE fingerprint = ?1
   AND (others_checked_at <= ?3 OR others_checked_at > ?2);

-- Credentials of which nothing is known have slots, too, while Kimi is asked
-- about them: one each, so many in all.
-- name: check_slot_room
SELECT NOT EXISTS (SELECT 1 FROM slots WHERE credential = 'new ' || ?1)
       AND (SELECT count(*) FROM slots
             WHERE credential >= 'new ' AND credential < 'new!') < ?2;

-- name: check_slot_add
INSERT INTO slots (credential, lease_owner, lease_until, lease_uptime)
VALUES ('new ' || ?1, ?2, ?3, ?4);

-- Nothing is kept of a credential that Kimi refused.
-- name: check_slot_hold
UPDATE slots
   SET credential = 'new ', lease_owner = ?2, lease_until = ?3,
       lease_uptime = ?4
 WHERE id = ?1;

-- name: credential_note_find
SELECT value FROM credential_notes WHERE credential = ?1 AND name = ?2;

-- name: credential_note_put
INSERT INTO credential_notes (credential, name, value, noted_at)
VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (credential, name) DO UPDATE
   SET value = excluded.value, noted_at = excluded.noted_at;

-- name: slots_expire
DELETE FROM slots WHERE NOT held(lease_owner, lease_until, lease_uptime);

-- Of both limits, the given and the noted one, the lower counts.
-- name: slot_room
SELECT (SELECT count(*) FROM slots WHERE credential = ?1)
       < min(?2, coalesce((SELECT nullif(CAST(value AS INTEGER), 0)
                             FROM credential_notes
                            WHERE credential = ?1 AND name = ?3), ?2));

-- name: slots_read
SELECT count(*),
       min(?2, coalesce((SELECT nullif(CAST(value AS INTEGER), 0)
                           FROM credential_notes
                          WHERE credential = ?1 AND name = ?3), ?2))
  FROM slots
 WHERE credential = ?1 AND held(lease_owner, lease_until, lease_uptime);

-- name: slot_add
INSERT INTO slots (credential, lease_owner, lease_until, lease_uptime)
VALUES (?1, ?2, ?3, ?4);

-- One that is ours, not one that has its number in a file which replaced ours.
-- name: slot_renew
UPDATE slots SET lease_owner = ?2, lease_until = ?3, lease_uptime = ?4
 WHERE id = ?1 AND (lease_owner IS ?2 OR lease_owner IS NULL);

-- Unless somebody has to be told.
-- name: slot_release
DELETE FROM slots
 WHERE id = ?1 AND (lease_owner IS ?2 OR lease_owner IS NULL)
   AND NOT awaited;

-- name: slot_release_awaited
DELETE FROM slots
 WHERE id = ?1 AND (lease_owner IS ?2 OR lease_owner IS NULL);

-- name: slot_await
UPDATE slots SET awaited = 1
 WHERE credential = ?1 AND id < ?2 AND NOT awaited;

-- Whether few enough are before it; no row if its lease has ended, and others
-- may have passed it.
-- name: slot_turn
SELECT (SELECT count(*) FROM slots
         WHERE credential = ?1 AND id < ?2
           AND held(lease_owner, lease_until, lease_uptime))
       < min(?3, coalesce((SELECT nullif(CAST(value AS INTEGER), 0)
                             FROM credential_notes
                            WHERE credential = ?1 AND name = ?4), ?3))
  FROM slots
 WHERE id = ?2 AND (lease_owner IS ?5 OR lease_owner IS NULL)
   AND held(lease_owner, lease_until, lease_uptime);

-- While its request runs. Without an owner nobody can tell whether it does.
-- name: abandoned_chat_hold
INSERT INTO abandoned_chats (credential, chat, owner, due_at, noted_at)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (credential, chat) DO NOTHING;

-- name: abandoned_chat_release
INSERT INTO abandoned_chats (credential, chat, due_at, noted_at)
VALUES (?1, ?2, ?3, ?3)
ON CONFLICT (credential, chat) DO UPDATE
   SET owner = NULL, due_at = excluded.due_at;

-- When the first one of a credential may be deleted; 0: at once. None is due
-- after ?2, unless the clock was set back.
-- name: abandoned_chats_due
SELECT min(CASE WHEN owner IS NULL AND due_at <= ?2 THEN due_at ELSE 0 END)
  FROM abandoned_chats
 WHERE credential = ?1 AND (owner IS NULL OR NOT runs(owner))
HAVING count(*) > 0;

-- name: abandoned_chats_claim
UPDATE abandoned_chats SET owner = ?2, due_at = ?4
 WHERE credential = ?1
   AND chat IN (SELECT chat FROM abandoned_chats
                 WHERE credential = ?1
                   AND CASE WHEN owner IS NULL
                            THEN due_at NOT BETWEEN ?3 + 1 AND ?6
                            ELSE NOT runs(owner) END
                 LIMIT ?5)
RETURNING chat, tries;

-- name: abandoned_chat_forget
DELETE FROM abandoned_chats WHERE credential = ?1 AND chat = ?2;

-- name: abandoned_chat_postpone
UPDATE abandoned_chats SET owner = NULL, tries = tries + 1, due_at = ?3
 WHERE credential = ?1 AND chat = ?2;

-- name: abandoned_chats_outdated
DELETE FROM abandoned_chats WHERE noted_at < ?1;

-- name: model_list_find
SELECT models, listed_at FROM model_lists WHERE credential = ?1;

-- name: model_list_save
INSERT INTO model_lists (credential, service, models, listed_at)
VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (credential) DO UPDATE
   SET models = excluded.models, listed_at = excluded.listed_at;

-- name: model_list_claim
UPDATE model_lists SET listed_at = ?3 WHERE credential = ?1 AND listed_at = ?2;

-- Only what Kimi said: what a client sent belongs to its conversation.
-- name: reasoning_find
SELECT m.reasoning, m.reasoning_details
  FROM messages m JOIN requests r ON r.seq = m.request_seq
 WHERE m.reply_key = ?1 AND m.reply = 1
   AND r.key_id = (SELECT id FROM keys WHERE fingerprint = ?2)
 ORDER BY m.id DESC LIMIT 1;

-- Changes one row, which takes no more room each time.
-- name: health
INSERT INTO rotation (pool, next) VALUES ('healthz', 0)
ON CONFLICT (pool) DO UPDATE SET next = 1 - next;

-- Whether there is anything in the file.
-- name: objects
SELECT count(*) FROM sqlite_schema;

-- name: copy
VACUUM INTO ?1;

-- name: file_content_find
SELECT id FROM file_contents
 WHERE key_id = ?1 AND sha256 = ?2 AND lease_until IS NULL;

-- name: file_space
SELECT coalesce(sum(size), 0) FROM file_contents;

-- name: file_content_add
INSERT INTO file_contents (key_id, sha256, size, lease_owner, lease_until,
                           lease_uptime)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: file_content_renew
UPDATE file_contents
   SET lease_owner = ?2, lease_until = ?3, lease_uptime = ?4
 WHERE id = ?1 AND lease_until IS NOT NULL;

-- name: file_content_finish
UPDATE file_contents
   SET lease_owner = NULL, lease_until = NULL, lease_uptime = NULL
 WHERE id = ?1 AND lease_until IS NOT NULL;

-- name: file_content_unfinished
SELECT id FROM file_contents
 WHERE lease_until IS NOT NULL
   AND NOT held(lease_owner, lease_until, lease_uptime)
 LIMIT 1;

-- name: file_content_used
SELECT 1 FROM files WHERE content_id = ?1 LIMIT 1;

-- name: file_content_delete
DELETE FROM file_contents WHERE id = ?1 RETURNING key_id, size;

-- name: file_chunk_add
INSERT INTO file_chunks (content_id, position, bytes) VALUES (?1, ?2, ?3);

-- name: file_chunk
SELECT bytes FROM file_chunks WHERE content_id = ?1 AND position = ?2;

-- name: file_chunks_delete
DELETE FROM file_chunks WHERE content_id = ?1;

-- name: file_add
INSERT INTO files (id, key_id, content_id, name, type, purpose, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: file_find
SELECT f.seq, f.id, name, type, purpose, f.created_at, content_id, sha256, size
  FROM files f JOIN file_contents c ON c.id = content_id
 WHERE f.id = ?2 AND f.key_id = (SELECT id FROM keys WHERE fingerprint = ?1);

-- name: files_forward
SELECT f.seq, f.id, name, type, purpose, f.created_at, content_id, sha256, size
  FROM files f JOIN file_contents c ON c.id = content_id
 WHERE f.key_id = (SELECT id FROM keys WHERE fingerprint = ?1)
   AND (?2 IS NULL OR purpose = ?2) AND seq > ?3
 ORDER BY seq LIMIT ?4;

-- name: files_backward
SELECT f.seq, f.id, name, type, purpose, f.created_at, content_id, sha256, size
  FROM files f JOIN file_contents c ON c.id = content_id
 WHERE f.key_id = (SELECT id FROM keys WHERE fingerprint = ?1)
   AND (?2 IS NULL OR purpose = ?2) AND seq < ?3
 ORDER BY seq DESC LIMIT ?4;

-- name: file_delete
DELETE FROM files WHERE seq = ?1
RETURNING key_id,
          256 + length(CAST(name AS BLOB)) + length(CAST(type AS BLOB));

-- --- Requests as people look at them -----------------------------------------
-- The newest first, since ?1 and before ?2, at most ?6: of the key ?3, of the
-- model ?4, and only failed ones if ?5. Each is for another index, and none for
-- any other.

-- name: requests_by_time
SELECT seq FROM requests
 WHERE started_at >= ?1 AND started_at < ?2
   AND (?3 IS NULL OR key_id = ?3) AND (?4 IS NULL OR model = ?4)
   AND (?5 = 0 OR status NOT IN ('done', 'running'))
 ORDER BY started_at DESC, seq DESC LIMIT ?6;

-- name: requests_by_key
SELECT seq FROM requests
 WHERE key_id = ?3 AND started_at >= ?1 AND started_at < ?2
   AND (?4 IS NULL OR model = ?4)
   AND (?5 = 0 OR status NOT IN ('done', 'running'))
 ORDER BY started_at DESC, seq DESC LIMIT ?6;

-- name: requests_by_failure
SELECT seq FROM requests
 WHERE status <> 'done' AND status <> 'running'
   AND started_at >= ?1 AND started_at < ?2
   AND (?3 IS NULL OR key_id = ?3) AND (?4 IS NULL OR model = ?4)
   AND ?5 = 1
 ORDER BY started_at DESC, seq DESC LIMIT ?6;

-- name: requests_after
SELECT seq FROM requests WHERE seq > ?1 ORDER BY seq LIMIT ?2;

-- name: request_newest
SELECT max(seq) FROM requests;

-- As api_key_named, also of those who sent no key.
-- name: key_by_name
SELECT id FROM keys WHERE name = ?1 OR public_id = ?1 OR label = ?1
 ORDER BY CASE WHEN name = ?1 THEN 0 WHEN public_id = ?1 THEN 1 ELSE 2 END, id
 LIMIT 1;

-- name: request_by_id
SELECT seq FROM requests WHERE id = ?1
UNION ALL
SELECT request_seq FROM stored_responses WHERE id = ?1
 LIMIT 1;

-- In the order of struct store_request.
-- name: request_row
SELECT seq, r.id, coalesce(k.name, k.label), c.name, dialect, model, stream,
       CASE WHEN status = 'running'
             AND NOT held(lease_owner, lease_until, lease_uptime)
            THEN 'interrupted' ELSE status END,
       started_at, http_status, r.credential, service, region, first_token_ms,
       duration_ms, finish_reason, token_source, prompt_tokens,
       completion_tokens, cached_tokens, cache_write_tokens, reasoning_tokens,
       searches, cost, currency, list_cost, list_currency, error_kind, error
  FROM requests r JOIN keys k ON k.id = r.key_id
  LEFT JOIN conversations c ON c.id = conversation_id
 WHERE seq = ?1;

-- name: request_attempts
SELECT choice, credential, service, host, queued_ms, began_ms, lookup_ms,
       connect_ms, tls_ms, first_byte_ms, first_token_ms, end_ms,
       http_status, error_kind, words
  FROM attempts WHERE request_seq = ?1 ORDER BY number;

-- --- What an owner wants to know first ---------------------------------------

-- name: overview_keys
SELECT count(*) FILTER (WHERE origin IN ('settings', 'database')
                          AND blocked_at IS NULL AND revoked_at IS NULL
                          AND (expires_at IS NULL OR expires_at > ?1)),
       count(*) FILTER (WHERE blocked_at IS NOT NULL AND revoked_at IS NULL),
       count(*) FILTER (WHERE revoked_at IS NOT NULL),
       count(*) FILTER (WHERE expires_at <= ?1 AND blocked_at IS NULL
                          AND revoked_at IS NULL),
       count(*) FILTER (WHERE origin = 'stranger')
  FROM keys;

-- name: overview_file
SELECT freelist_count * page_size,
       coalesce((SELECT min(started_at) FROM requests), 0)
  FROM pragma_freelist_count, pragma_page_size;

-- name: overview_kept
SELECT (SELECT count(*) FROM keys
         WHERE origin = 'database' AND blocked_at IS NULL
           AND revoked_at IS NULL
           AND (expires_at IS NULL OR expires_at > ?1)),
       (SELECT count(*) FROM credentials WHERE secret IS NOT NULL);

-- name: overview_running
SELECT count(*) FROM requests
 WHERE status = 'running'
   AND held(lease_owner, lease_until, lease_uptime);

-- name: overview_usage
SELECT coalesce(sum(requests), 0), coalesce(sum(failures), 0),
       coalesce(sum(refusals), 0), coalesce(sum(unpriced), 0),
       coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0)
  FROM usage_quarters WHERE began_at >= ?1;

-- name: overview_hours
SELECT began_at / 3600000, sum(requests) FROM usage_quarters
 WHERE began_at >= ?1
 GROUP BY 1;

-- name: overview_costs
SELECT currency, sum(cost) FROM usage_quarters
 WHERE began_at >= ?1 AND currency <> ''
 GROUP BY currency ORDER BY currency;

-- name: pages
PRAGMA page_count;

-- name: page_size
PRAGMA page_size;

-- name: free_pages
PRAGMA freelist_count;

-- name: pruning
SELECT due_at, request, told_at FROM pruning WHERE id = 1;

-- name: pruning_move
UPDATE pruning SET due_at = ?1, request = ?2, told_at = ?3 WHERE id = 1;

-- name: pruning_count
SELECT (SELECT count(DISTINCT m.request_seq)
          FROM messages m JOIN requests r ON r.seq = m.request_seq
         WHERE r.started_at < ?1 AND r.conversation_id IS NULL),
       (SELECT count(*) FROM conversations WHERE updated_at < ?1),
       (SELECT count(*) FROM files WHERE created_at < ?1);

-- One that began after ?2, by a clock that was wrong, is taken to be as old as
-- the next one that did not: else it would hold up all that come after it.
-- name: request_after
SELECT seq,
       coalesce((SELECT n.started_at FROM requests n
                  WHERE n.seq >= r.seq AND +n.started_at <= ?2
                  ORDER BY n.seq LIMIT 1), started_at),
       key_id, conversation_id, status = 'running'
  FROM requests r WHERE seq > ?1 ORDER BY seq LIMIT 1;

-- Whether something goes on from that response, also through deleted ones.
-- name: stored_response_continued
WITH RECURSIVE later (seq) AS (
  SELECT request_seq FROM stored_responses WHERE previous_seq = ?1
   UNION ALL
  SELECT s.request_seq
    FROM later JOIN stored_responses s ON s.previous_seq = later.seq
)
SELECT 1
  FROM later JOIN stored_responses s ON s.request_seq = later.seq
 WHERE s.id IS NOT NULL
 LIMIT 1;

-- The next one before it that still has something, outside of conversations.
-- name: stored_response_before
WITH RECURSIVE earlier (seq) AS (
  SELECT previous_seq FROM stored_responses
   WHERE request_seq = ?1 AND previous_seq IS NOT NULL
   UNION ALL
  SELECT s.previous_seq
    FROM earlier JOIN stored_responses s ON s.request_seq = earlier.seq
   WHERE s.previous_seq IS NOT NULL
)
SELECT s.request_seq
  FROM earlier
  JOIN stored_responses s ON s.request_seq = earlier.seq
  JOIN requests r ON r.seq = earlier.seq
 WHERE r.conversation_id IS NULL
   AND (s.id IS NOT NULL
        OR EXISTS (SELECT 1 FROM stream_logs l
                    WHERE l.request_seq = earlier.seq))
 LIMIT 1;

-- name: stored_response_row_kept
SELECT 256 + ifnull(length(CAST(settings AS BLOB)), 0)
           + ifnull(length(CAST(metadata AS BLOB)), 0)
  FROM stored_responses WHERE request_seq = ?1 AND id IS NOT NULL;

-- Its row is only needed while others continue it.
-- name: stored_response_drop
DELETE FROM stored_responses AS s
 WHERE request_seq = ?1
   AND NOT EXISTS (SELECT 1 FROM stored_responses later
                    WHERE later.previous_seq = s.request_seq);

-- name: request_messages_delete
DELETE FROM messages WHERE request_seq = ?1 RETURNING size;

-- name: request_log_delete
DELETE FROM stream_logs
 WHERE request_seq = ?1
   AND position IN (SELECT position FROM stream_logs
                     WHERE request_seq = ?1 ORDER BY position DESC LIMIT ?2)
RETURNING 256 + length(CAST(batch AS BLOB));

-- name: request_error_delete
UPDATE requests SET error = NULL WHERE seq = ?1 AND error IS NOT NULL;

-- name: request_release
UPDATE requests SET conversation_id = NULL, error = NULL WHERE seq = ?1;

-- What Kimi said of a try may quote what was said, too.
-- name: request_words_delete
UPDATE listed_attempts SET words = NULL
 WHERE request_seq = ?1 AND words IS NOT NULL;

-- The one that nobody has used for the longest time, unless it is in use.
-- name: conversation_oldest
SELECT c.id, c.updated_at, c.key_id FROM conversations c
 WHERE NOT EXISTS (SELECT 1 FROM requests r
                    WHERE r.status = 'running' AND +r.conversation_id = c.id)
 ORDER BY c.updated_at LIMIT 1;

-- name: conversation_row_kept
SELECT 256 + length(CAST(name AS BLOB))
           + ifnull(length(CAST(metadata AS BLOB)), 0)
  FROM conversations WHERE id = ?1;

-- No client can ask for a name with a blank: it is gone at once, however long
-- its deletion takes.
-- name: conversation_retire
UPDATE conversations
   SET name = 'deleted ' || id, metadata = NULL, credential = NULL,
       chat = NULL, message = NULL
 WHERE id = ?1 AND name <> 'deleted ' || id;

-- name: conversation_last_request
SELECT max(seq) FROM requests WHERE conversation_id = ?1;

-- name: conversation_some_messages_delete
DELETE FROM messages
 WHERE id IN (SELECT id FROM messages WHERE conversation_id = ?1
               ORDER BY id DESC LIMIT ?2)
RETURNING size;

-- See request_after.
-- name: file_oldest
SELECT seq,
       coalesce((SELECT n.created_at FROM files n
                  WHERE n.seq >= f.seq AND n.created_at <= ?1
                  ORDER BY n.seq LIMIT 1), created_at),
       content_id
  FROM files f ORDER BY seq LIMIT 1;

-- Nobody finds it any more, and it ends as an upload that was given up.
-- name: file_content_give_up
UPDATE file_contents
   SET lease_until = 0, lease_owner = NULL, lease_uptime = NULL
 WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM files WHERE content_id = ?1);

-- name: file_some_chunks_delete
DELETE FROM file_chunks
 WHERE content_id = ?1
   AND position IN (SELECT position FROM file_chunks
                     WHERE content_id = ?1 ORDER BY position DESC LIMIT ?2);

-- name: usage_quarters_oldest
SELECT began_at FROM usage_quarters WHERE in_day > 0
 ORDER BY began_at LIMIT 1;

-- name: usage_quarters_delete
DELETE FROM usage_quarters WHERE began_at = ?1 AND in_day > 0;

-- --- Names for completion ----------------------------------------------------

-- name: names_of_keys
SELECT coalesce(name, label) FROM keys
 WHERE origin IN ('settings', 'database') AND revoked_at IS NULL
 ORDER BY 1 LIMIT 1000;

-- name: names_of_credentials
SELECT name FROM credentials WHERE name IS NOT NULL ORDER BY 1;

-- name: names_of_models
SELECT model
  FROM (SELECT model, status FROM requests ORDER BY seq DESC LIMIT 2000)
 WHERE status = 'done'
 UNION
SELECT value ->> 'name' FROM model_lists, json_each(models, '$.models')
 ORDER BY 1;

-- name: names_of_requests
SELECT id FROM requests ORDER BY seq DESC LIMIT 50;

-- name: names_of_conversations
SELECT DISTINCT name
  FROM (SELECT name FROM conversations ORDER BY id DESC LIMIT 1000)
 ORDER BY 1;

-- A request whose reply its client cannot ask for, only delete.
-- name: unstored_request
SELECT seq, key_id,
       status = 'running' AND held(lease_owner, lease_until, lease_uptime)
  FROM requests r
 WHERE id = ?1 AND conversation_id IS NULL
   AND key_id = (SELECT id FROM keys WHERE fingerprint = ?2)
   AND NOT EXISTS (SELECT 1 FROM stored_responses s
                    WHERE s.request_seq = r.seq);

-- name: key_fingerprint
SELECT fingerprint FROM keys WHERE id = ?1;

-- name: key_runs
SELECT 1 FROM requests
 WHERE status = 'running' AND +key_id = ?1
   AND held(lease_owner, lease_until, lease_uptime)
 LIMIT 1;

-- name: key_conversation
SELECT id FROM conversations WHERE key_id = ?1 LIMIT 1;

-- name: key_request_after
SELECT seq, started_at FROM requests
 WHERE key_id = ?1 AND (started_at, seq) > (?2, ?3)
 ORDER BY started_at, seq LIMIT 1;

-- name: key_file
SELECT seq, content_id FROM files WHERE key_id = ?1 ORDER BY seq LIMIT 1;

-- What Kimi may have of it: chats, and files by the notes of their uploads.
-- name: key_at_kimi
SELECT 'chat', coalesce((SELECT label FROM credentials
                          WHERE fingerprint = credential), credential), chat
  FROM conversations WHERE key_id = ?1 AND chat IS NOT NULL
 UNION ALL
SELECT 'file', coalesce((SELECT label FROM credentials
                          WHERE fingerprint = credential), credential), value
  FROM credential_notes n JOIN file_contents c ON n.name = 'file ' || c.sha256
 WHERE c.key_id = ?1;

-- --- What is wrong: a text in each row ---------------------------------------

-- name: verify_integrity
PRAGMA integrity_check;

-- name: verify_references
SELECT count(*) || ' rows of ' || "table" || ' without their ' || parent
  FROM pragma_foreign_key_check GROUP BY "table", parent;

-- name: verify_states
SELECT id || ' is ' || status || ', and '
          || CASE status WHEN 'running' THEN 'has ended'
                         WHEN 'done' THEN 'has an error'
                         ELSE 'has not ended' END
  FROM requests
 WHERE (status = 'running'
        AND (duration_ms IS NOT NULL OR finish_reason IS NOT NULL
             OR error_kind IS NOT NULL))
    OR (status = 'done' AND error_kind IS NOT NULL)
    OR (status <> 'running' AND reserved_tokens IS NOT NULL);

-- name: verify_leases
SELECT 'request ' || id FROM requests
 WHERE status = 'running' AND NOT held(lease_owner, lease_until, lease_uptime)
 UNION ALL
SELECT 'slot ' || id FROM slots
 WHERE NOT held(lease_owner, lease_until, lease_uptime);

-- name: verify_reservations
SELECT coalesce(k.name, k.label) || ' has ' || b.reserved || ' ' || b.unit
  FROM budget_uses b JOIN keys k ON k.id = b.key_id
 WHERE b.reserved <> 0
   AND NOT EXISTS (SELECT 1 FROM requests r
                    WHERE r.status = 'running' AND +r.key_id = b.key_id);

-- name: verify_kept
SELECT coalesce(k.name, k.label) || ': ' || k.kept || ' instead of '
       || coalesce(sum(w.bytes), 0)
  FROM keys k
  LEFT JOIN (SELECT coalesce(r.key_id, c.key_id) AS key_id, m.size AS bytes
               FROM messages m
               LEFT JOIN requests r ON r.seq = m.request_seq
               LEFT JOIN conversations c ON c.id = m.conversation_id
              WHERE m.size > 0
              UNION ALL
             SELECT key_id, 256 + length(CAST(name AS BLOB))
                                + ifnull(length(CAST(metadata AS BLOB)), 0)
               FROM conversations
              UNION ALL
             SELECT key_id, 256 + ifnull(length(CAST(settings AS BLOB)), 0)
                                + ifnull(length(CAST(metadata AS BLOB)), 0)
               FROM stored_responses WHERE id IS NOT NULL
              UNION ALL
             SELECT s.key_id, 256 + length(CAST(l.batch AS BLOB))
               FROM stream_logs l
               JOIN stored_responses s ON s.request_seq = l.request_seq
              UNION ALL
             SELECT key_id, 256 + length(CAST(name AS BLOB))
                                + length(CAST(type AS BLOB))
               FROM files
              UNION ALL
             SELECT key_id, size FROM file_contents) w ON w.key_id = k.id
 GROUP BY k.id
HAVING k.kept <> coalesce(sum(w.bytes), 0);

-- The next moment, from ?1 on, of which there is a row.
-- name: verify_usage_next
SELECT min(at)
  FROM (SELECT min(began_at) AS at FROM usage_days WHERE began_at >= ?1
         UNION ALL
        SELECT min(began_at) FROM usage_quarters WHERE began_at >= ?1
         UNION ALL
        SELECT min(started_at) FROM requests WHERE started_at >= ?1);

-- From ?1 to ?2. It takes long to sort the rows: that is done only if the digest
-- says that there is something to tell. Refusals beyond those that have rows are
-- counted, too.
-- name: verify_usage_quarters
WITH part AS NOT MATERIALIZED (
  SELECT began_at, key_id, model, service, credential, token_source,
         currency, list_currency, requests, failures, refusals, unpriced,
         prompt_tokens, completion_tokens, cached_tokens, cache_write_tokens,
         cache_write_1h_tokens, reasoning_tokens, searches, cost, list_cost
    FROM usage_quarters
   WHERE began_at >= ?1 AND began_at < ?2
   UNION ALL
  SELECT started_at / 900000 * 900000, key_id, model, service, credential,
         token_source, currency, list_currency,
         -requests, -failures, -refusals, -unpriced, -prompt_tokens,
         -completion_tokens, -cached_tokens, -cache_write_tokens,
         -cache_write_1h_tokens, -reasoning_tokens, -searches, -cost,
         -list_cost
    FROM request_usage
   WHERE started_at >= ?1 AND started_at < ?2
)
SELECT datetime(began_at / 1000, 'unixepoch') || ', ' || max(model) || ': '
       || sum(requests) || ' requests and '
       || sum(prompt_tokens + completion_tokens) || ' tokens more than in rows'
  FROM part
 GROUP BY began_at, key_id, model, service, credential, token_source, currency,
          list_currency
HAVING max(model) = '' AND sum(requests) < 0
    OR max(model) <> '' AND sum(requests) <> 0 OR sum(failures) <> 0
    OR sum(unpriced) <> 0 OR sum(prompt_tokens) <> 0
    OR sum(completion_tokens) <> 0 OR sum(cached_tokens) <> 0
    OR sum(cache_write_tokens) <> 0 OR sum(cache_write_1h_tokens) <> 0
    OR sum(reasoning_tokens) <> 0 OR sum(searches) <> 0 OR sum(cost) <> 0
    OR sum(list_cost) <> 0
 LIMIT (SELECT CASE usage_digest(began_at, key_id, model, service, credential,
                                 token_source, currency, list_currency,
                                 requests, failures, refusals, unpriced,
                                 prompt_tokens, completion_tokens,
                                 cached_tokens, cache_write_tokens,
                                 cache_write_1h_tokens, reasoning_tokens,
                                 searches, cost, list_cost)
               WHEN 0 THEN 0 ELSE -1 END
          FROM part);

-- By quarters, of a day of which all are kept.
-- name: verify_usage_days
WITH part AS NOT MATERIALIZED (
  SELECT ?1 AS began_at, key_id, model, service, credential, token_source,
         currency, list_currency, requests, failures, refusals, unpriced,
         prompt_tokens, completion_tokens, cached_tokens, cache_write_tokens,
         cache_write_1h_tokens, reasoning_tokens, searches, cost, list_cost
    FROM usage_by_day
   WHERE began_at >= ?1 AND began_at < ?2
   UNION ALL
  SELECT ?1, key_id, model, service, credential,
         token_source, currency, list_currency,
         -requests, -failures, -refusals, -unpriced, -prompt_tokens,
         -completion_tokens, -cached_tokens, -cache_write_tokens,
         -cache_write_1h_tokens, -reasoning_tokens, -searches, -cost,
         -list_cost
    FROM usage_quarters
   WHERE began_at >= ?1 AND began_at < ?2
)
SELECT datetime(began_at / 1000, 'unixepoch') || ', ' || max(model) || ': '
       || sum(requests) || ' requests and '
       || sum(prompt_tokens + completion_tokens) || ' tokens more than in rows'
  FROM part
 GROUP BY began_at, key_id, model, service, credential, token_source, currency,
          list_currency
HAVING max(model) = '' AND sum(requests) < 0
    OR max(model) <> '' AND sum(requests) <> 0 OR sum(failures) <> 0
    OR sum(unpriced) <> 0 OR sum(prompt_tokens) <> 0
    OR sum(completion_tokens) <> 0 OR sum(cached_tokens) <> 0
    OR sum(cache_write_tokens) <> 0 OR sum(cache_write_1h_tokens) <> 0
    OR sum(reasoning_tokens) <> 0 OR sum(searches) <> 0 OR sum(cost) <> 0
    OR sum(list_cost) <> 0
 LIMIT (SELECT CASE usage_digest(began_at, key_id, model, service, credential,
                                 token_source, currency, list_currency,
                                 requests, failures, refusals, unpriced,
                                 prompt_tokens, completion_tokens,
                                 cached_tokens, cache_write_tokens,
                                 cache_write_1h_tokens, reasoning_tokens,
                                 searches, cost, list_cost)
               WHEN 0 THEN 0 ELSE -1 END
          FROM part);

-- By rows, of a day before.
-- name: verify_usage_old_days
WITH part AS NOT MATERIALIZED (
  SELECT ?1 AS began_at, key_id, model, service, credential, token_source,
         currency, list_currency, requests, failures, refusals, unpriced,
         prompt_tokens, completion_tokens, cached_tokens, cache_write_tokens,
         cache_write_1h_tokens, reasoning_tokens, searches, cost, list_cost
    FROM usage_by_day
   WHERE began_at >= ?1 AND began_at < ?2
   UNION ALL
  SELECT ?1, key_id, model, service, credential,
         token_source, currency, list_currency,
         -requests, -failures, -refusals, -unpriced, -prompt_tokens,
         -completion_tokens, -cached_tokens, -cache_write_tokens,
         -cache_write_1h_tokens, -reasoning_tokens, -searches, -cost,
         -list_cost
    FROM request_usage
   WHERE started_at >= ?1 AND started_at < ?2
)
SELECT datetime(began_at / 1000, 'unixepoch') || ', ' || max(model) || ': '
       || sum(requests) || ' requests and '
       || sum(prompt_tokens + completion_tokens) || ' tokens more than in rows'
  FROM part
 GROUP BY began_at, key_id, model, service, credential, token_source, currency,
          list_currency
HAVING max(model) = '' AND sum(requests) < 0
    OR max(model) <> '' AND sum(requests) <> 0 OR sum(failures) <> 0
    OR sum(unpriced) <> 0 OR sum(prompt_tokens) <> 0
    OR sum(completion_tokens) <> 0 OR sum(cached_tokens) <> 0
    OR sum(cache_write_tokens) <> 0 OR sum(cache_write_1h_tokens) <> 0
    OR sum(reasoning_tokens) <> 0 OR sum(searches) <> 0 OR sum(cost) <> 0
    OR sum(list_cost) <> 0
 LIMIT (SELECT CASE usage_digest(began_at, key_id, model, service, credential,
                                 token_source, currency, list_currency,
                                 requests, failures, refusals, unpriced,
                                 prompt_tokens, completion_tokens,
                                 cached_tokens, cache_write_tokens,
                                 cache_write_1h_tokens, reasoning_tokens,
                                 searches, cost, list_cost)
               WHEN 0 THEN 0 ELSE -1 END
          FROM part);

-- name: verify_usage_totals
SELECT max(model) || ': ' || sum(requests) || ' requests and '
       || sum(prompt_tokens + completion_tokens) || ' tokens more than in days'
  FROM (SELECT *
          FROM usage_totals
         UNION ALL
        SELECT key_id, model, service, token_source, currency, -requests,
               -failures, -refusals, -unpriced, -prompt_tokens,
               -completion_tokens, -cached_tokens, -cache_write_tokens,
               -reasoning_tokens, -searches, -cost, -timed, -duration_ms,
               -took_500ms, -took_1s, -took_2s, -took_5s, -took_10s, -took_30s,
               -took_100s, -begun, -first_token_ms, -first_500ms, -first_1s,
               -first_2s, -first_5s, -first_10s, -first_30s, -first_100s
          FROM usage_days)
 GROUP BY key_id, model, service, token_source, currency
HAVING sum(requests) <> 0 OR sum(failures) <> 0 OR sum(refusals) <> 0
    OR sum(unpriced) <> 0 OR sum(prompt_tokens) <> 0
    OR sum(completion_tokens) <> 0 OR sum(cached_tokens) <> 0
    OR sum(cache_write_tokens) <> 0 OR sum(reasoning_tokens) <> 0
    OR sum(searches) <> 0 OR sum(cost) <> 0 OR sum(timed) <> 0
    OR sum(duration_ms) <> 0 OR sum(took_500ms) <> 0 OR sum(took_1s) <> 0
    OR sum(took_2s) <> 0 OR sum(took_5s) <> 0 OR sum(took_10s) <> 0
    OR sum(took_30s) <> 0 OR sum(took_100s) <> 0 OR sum(begun) <> 0
    OR sum(first_token_ms) <> 0 OR sum(first_500ms) <> 0 OR sum(first_1s) <> 0
    OR sum(first_2s) <> 0 OR sum(first_5s) <> 0 OR sum(first_10s) <> 0
    OR sum(first_30s) <> 0 OR sum(first_100s) <> 0;

-- --- Conversations as their owner sees them ----------------------------------

-- name: archive_list
SELECT c.id, c.key_id, c.name, c.metadata, c.created_at, c.credential, c.chat,
       c.updated_at, coalesce(k.name, k.label),
       (SELECT r.model FROM requests r WHERE r.conversation_id = c.id
         ORDER BY r.seq DESC LIMIT 1),
       (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id),
       (SELECT count(*) FROM messages m
         WHERE m.conversation_id = c.id AND m.reply = 1),
       (SELECT coalesce(sum(r.prompt_tokens + r.completion_tokens), 0)
          FROM requests r WHERE r.conversation_id = c.id)
  FROM conversations c JOIN keys k ON k.id = c.key_id
 WHERE (?1 IS NULL OR c.name = ?1)
   AND (?2 IS NULL OR c.key_id = ?2)
   AND c.updated_at >= ?3
 ORDER BY c.updated_at DESC LIMIT ?4;

-- name: archive_after
SELECT c.id, c.key_id, c.name, c.metadata, c.created_at, c.credential, c.chat,
       c.updated_at, coalesce(k.name, k.label),
       (SELECT r.model FROM requests r WHERE r.conversation_id = c.id
         ORDER BY r.seq DESC LIMIT 1),
       (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id),
       (SELECT count(*) FROM messages m
         WHERE m.conversation_id = c.id AND m.reply = 1),
       (SELECT coalesce(sum(r.prompt_tokens + r.completion_tokens), 0)
          FROM requests r WHERE r.conversation_id = c.id)
  FROM conversations c JOIN keys k ON k.id = c.key_id
 WHERE c.id > ?1 ORDER BY c.id LIMIT 1;

-- name: archive_messages
SELECT m.uid, r.id, m.reply, m.created_at, m.role, m.name, m.content, m.media,
       m.reasoning, m.reasoning_details, m.tool_calls, m.tool_call_id,
       m.citations, m.spans
  FROM messages m LEFT JOIN requests r ON r.seq = m.request_seq
 WHERE m.conversation_id = ?1 ORDER BY m.id;

-- name: archive_last_message
SELECT max(id) FROM messages;

-- name: archive_search
SELECT (SELECT coalesce(k.name, k.label) FROM keys k
         WHERE k.id = coalesce(r.key_id, c.key_id)),
       c.name, r.id, m.role, m.created_at,
       CASE WHEN m.at > 0
            THEN substr(m.content, max(1, m.at - 40), length(?3) + 80)
            ELSE substr(m.reasoning, max(1, m.thought_at - 40),
                        length(?3) + 80) END
  FROM (SELECT *, instr(folded(content), folded(?3)) AS at,
               instr(folded(reasoning), folded(?3)) AS thought_at
          FROM messages WHERE id <= ?1 AND id > ?2) m
  LEFT JOIN requests r ON r.seq = m.request_seq
  LEFT JOIN conversations c ON c.id = m.conversation_id
 WHERE m.at > 0 OR m.thought_at > 0
 ORDER BY m.id DESC LIMIT ?4;
