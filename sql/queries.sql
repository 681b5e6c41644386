-- SPDX-License-Identifier: MIT
-- Every statement of the program. The build turns each `-- name:` into an
-- enum constant DB_<NAME> (embed.awk); parameters are bound in their order.

-- name: begin
BEGIN IMMEDIATE;

-- name: begin_read
BEGIN DEFERRED;

-- name: commit
COMMIT;

-- name: rollback
ROLLBACK;

-- name: key_add
INSERT INTO keys (fingerprint, label, created_at) VALUES (?1, ?2, ?3)
ON CONFLICT (fingerprint) DO NOTHING;

-- name: key_find
SELECT id FROM keys WHERE fingerprint = ?1;

-- name: conversation_add
INSERT INTO conversations (key_id, name, created_at, updated_at)
VALUES (?1, ?2, ?3, ?3)
ON CONFLICT (key_id, name) DO NOTHING;

-- name: conversation_find
SELECT id, credential, chat, message FROM conversations
 WHERE key_id = ?1 AND name = ?2;

-- name: conversation_update
UPDATE conversations
   SET credential = ?2, chat = ?3, message = ?4, updated_at = ?5
 WHERE id = ?1;

-- name: conversation_busy
SELECT 1 FROM requests
 WHERE conversation_id = ?1 AND status = 'running' AND lease_until > ?2
 LIMIT 1;

-- name: conversation_messages
SELECT id, role, name, content, media, reasoning, tool_calls, tool_call_id
  FROM messages WHERE conversation_id = ?1 ORDER BY id;

-- name: conversation_cut
UPDATE messages SET conversation_id = NULL
 WHERE conversation_id = ?1 AND id > ?2;

-- name: message_add
INSERT INTO messages (request_seq, conversation_id, role, name, content, media,
                      reasoning, tool_calls, tool_call_id, citations, replay,
                      created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12);

-- name: request_add
INSERT INTO requests (id, key_id, conversation_id, dialect, model, stream,
                      status, lease_until, started_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: request_renew
UPDATE requests SET lease_until = ?2 WHERE seq = ?1 AND status = 'running';

-- name: request_close
UPDATE requests
   SET status = ?2, credential = ?3, http_status = ?4, finish_reason = ?5,
       prompt_tokens = ?6, completion_tokens = ?7, cached_tokens = ?8,
       reasoning_tokens = ?9, token_source = ?10, first_token_ms = ?11,
       duration_ms = ?12, error_kind = ?13, error = ?14
 WHERE seq = ?1 AND status IN ('running', ?2);

-- name: conversation_forget
UPDATE conversations SET credential = NULL, chat = NULL, message = NULL
 WHERE id = ?1;

-- name: conversations_interrupted
UPDATE conversations SET credential = NULL, chat = NULL, message = NULL
 WHERE id IN (SELECT conversation_id FROM requests
               WHERE status = 'running' AND lease_until < ?1);

-- name: requests_interrupted
UPDATE requests
   SET status = 'failed', error_kind = 'interrupted',
       error = 'the process that answered was ended'
 WHERE status = 'running' AND lease_until < ?1;

-- name: counter_add
INSERT INTO counters (day, key_id, model, token_source, requests, failures,
                      prompt_tokens, completion_tokens, cached_tokens,
                      reasoning_tokens)
VALUES (date(?1 / 1000, 'unixepoch'), ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (day, key_id, model, token_source) DO UPDATE
   SET requests = requests + 1,
       failures = failures + excluded.failures,
       prompt_tokens = prompt_tokens + excluded.prompt_tokens,
       completion_tokens = completion_tokens + excluded.completion_tokens,
       cached_tokens = cached_tokens + excluded.cached_tokens,
       reasoning_tokens = reasoning_tokens + excluded.reasoning_tokens;

-- name: rotation_next
INSERT INTO rotation (pool, next) VALUES (?1, 1)
ON CONFLICT (pool) DO UPDATE SET next = next + 1
RETURNING next - 1;

-- name: credential_state
SELECT resting_until, rest_kind FROM credentials WHERE fingerprint = ?1;

-- name: credential_add
INSERT INTO credentials (fingerprint, label) VALUES (?1, ?2)
ON CONFLICT (fingerprint) DO NOTHING;

-- name: credential_rest
UPDATE credentials SET resting_until = ?2, rest_kind = ?3
 WHERE fingerprint = ?1;

-- name: credential_tokens
SELECT access_token, refresh_token, expires_at FROM credentials
 WHERE fingerprint = ?1;

-- name: credential_lock
UPDATE credentials SET renewing_until = ?2
 WHERE fingerprint = ?1 AND renewing_until < ?3;

-- name: credential_unlock
UPDATE credentials SET renewing_until = 0
 WHERE fingerprint = ?1 AND renewing_until = ?2;

-- name: credential_renewed
UPDATE credentials
   SET access_token = ?2, refresh_token = ?3, expires_at = ?4,
       resting_until = CASE rest_kind WHEN 'credential' THEN 0
                                      ELSE resting_until END
 WHERE fingerprint = ?1;

-- name: note_find
SELECT value FROM notes WHERE credential = ?1 AND name = ?2;

-- name: note_keep
INSERT INTO notes (credential, name, value, noted_at) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (credential, name) DO UPDATE
   SET value = excluded.value, noted_at = excluded.noted_at;

-- name: leases_expire
DELETE FROM leases WHERE lease_until < ?1;

-- name: lease_take
INSERT INTO leases (credential, lease_until)
SELECT ?1, ?2
 WHERE (SELECT count(*) FROM leases WHERE credential = ?1) < ?3
RETURNING id;

-- name: lease_renew
UPDATE leases SET lease_until = ?2 WHERE id = ?1;

-- name: lease_give
DELETE FROM leases WHERE id = ?1;

-- name: model_list_find
SELECT models, listed_at FROM model_lists WHERE credential = ?1;

-- name: model_list_save
INSERT INTO model_lists (credential, service, models, listed_at)
VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (credential) DO UPDATE
   SET models = excluded.models, listed_at = excluded.listed_at;

-- name: model_list_claim
UPDATE model_lists SET listed_at = ?3 WHERE credential = ?1 AND listed_at = ?2;

-- name: reasoning_find
SELECT m.reasoning
  FROM messages m
  JOIN requests r ON r.seq = m.request_seq
  JOIN keys k ON k.id = r.key_id
 WHERE m.replay = ?1 AND k.fingerprint = ?2
 ORDER BY m.id DESC LIMIT 1;

-- name: health
SELECT count(*) FROM rotation;

-- name: file_content_find
SELECT id FROM file_contents
 WHERE key_id = ?1 AND sha256 = ?2 AND lease_until IS NULL;

-- name: file_space
SELECT coalesce(sum(size), 0) FROM file_contents;

-- name: file_content_add
INSERT INTO file_contents (key_id, sha256, size, lease_until)
VALUES (?1, ?2, ?3, ?4);

-- name: file_content_renew
UPDATE file_contents SET lease_until = ?2
 WHERE id = ?1 AND lease_until IS NOT NULL;

-- name: file_content_finish
UPDATE file_contents SET lease_until = NULL
 WHERE id = ?1 AND lease_until IS NOT NULL;

-- name: file_content_unfinished
SELECT id FROM file_contents WHERE lease_until < ?1 LIMIT 1;

-- name: file_content_used
SELECT 1 FROM files WHERE content_id = ?1 LIMIT 1;

-- name: file_content_delete
DELETE FROM file_contents WHERE id = ?1;

-- name: file_chunk_add
INSERT INTO file_chunks (content_id, place, bytes) VALUES (?1, ?2, ?3);

-- name: file_chunk
SELECT bytes FROM file_chunks WHERE content_id = ?1 AND place = ?2;

-- name: file_chunks_delete
DELETE FROM file_chunks WHERE content_id = ?1;

-- name: file_add
INSERT INTO files (id, key_id, content_id, name, type, purpose, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: file_find
SELECT f.seq, f.id, f.name, f.type, f.purpose, f.created_at, f.content_id,
       c.sha256, c.size
  FROM files f
  JOIN file_contents c ON c.id = f.content_id
  JOIN keys k ON k.id = f.key_id
 WHERE k.fingerprint = ?1 AND f.id = ?2;

-- name: files_forward
SELECT f.seq, f.id, f.name, f.type, f.purpose, f.created_at, f.content_id,
       c.sha256, c.size
  FROM files f
  JOIN file_contents c ON c.id = f.content_id
 WHERE f.key_id = (SELECT id FROM keys WHERE fingerprint = ?1)
   AND (?2 IS NULL OR f.purpose = ?2) AND f.seq > ?3
 ORDER BY f.seq LIMIT ?4;

-- name: files_backward
SELECT f.seq, f.id, f.name, f.type, f.purpose, f.created_at, f.content_id,
       c.sha256, c.size
  FROM files f
  JOIN file_contents c ON c.id = f.content_id
 WHERE f.key_id = (SELECT id FROM keys WHERE fingerprint = ?1)
   AND (?2 IS NULL OR f.purpose = ?2) AND f.seq < ?3
 ORDER BY f.seq DESC LIMIT ?4;

-- name: file_delete
DELETE FROM files WHERE seq = ?1;
