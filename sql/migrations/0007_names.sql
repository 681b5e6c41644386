-- SPDX-License-Identifier: MIT
-- One word per thing: stored responses, slots, credential notes, cooldowns. A
-- stored response has its kind in a column, and no CHECK says IN any more.
--
-- Nothing is copied: a copy of all messages may take a minute, and twice the
-- disk. ALTER TABLE also renames in views, those of the owner included.

ALTER TABLE credentials RENAME COLUMN resting_until TO cooldown_until;
ALTER TABLE credentials RENAME COLUMN rest_kind TO cooldown_kind;
ALTER TABLE notes RENAME TO credential_notes;
ALTER TABLE file_chunks RENAME COLUMN place TO position;
ALTER TABLE stream_logs RENAME COLUMN place TO position;

DROP INDEX leases_of_credential;
ALTER TABLE leases RENAME TO slots;
CREATE INDEX slots_of_credential ON slots (credential, lease_until);

DROP INDEX messages_by_replay;
ALTER TABLE messages RENAME COLUMN answer TO reply;
ALTER TABLE messages RENAME COLUMN replay TO reply_key;
CREATE INDEX messages_by_reply_key ON messages (reply_key)
  WHERE reply_key IS NOT NULL;

DROP INDEX answers_of_key;
ALTER TABLE answers RENAME TO stored_responses;
ALTER TABLE stored_responses ADD COLUMN
  kind         TEXT    NOT NULL DEFAULT 'response'
               CHECK (kind = 'response' OR kind = 'chat_completion');
UPDATE stored_responses SET kind = 'chat_completion'
 WHERE request_seq IN (SELECT seq FROM requests WHERE dialect = 'openai_chat');
CREATE INDEX stored_responses_of_key ON stored_responses (key_id, kind)
  WHERE id IS NOT NULL;

-- A constraint is only text of the schema: where the rows stay as they are, the
-- text may be changed (https://www.sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
   SET sql = replace(replace(replace(sql,
'stream IN (0, 1)',
'stream = 0 OR stream = 1'),
'status IN (''running'', ''done'', ''failed'', ''cancelled'')',
'status = ''running'' OR status = ''done'' OR status = ''failed'' OR status = ''cancelled'''),
'token_source IN (''upstream'', ''counted'', ''estimated'')',
'token_source = ''upstream'' OR token_source = ''counted'' OR token_source = ''estimated''')
 WHERE type = 'table' AND name = 'requests';

UPDATE sqlite_schema
   SET sql = replace(replace(sql,
'reply IN (0, 1)',
'reply = 0 OR reply = 1'),
'role IN (''system'', ''user'', ''assistant'', ''tool'')',
'role = ''system'' OR role = ''user'' OR role = ''assistant'' OR role = ''tool''')
 WHERE type = 'table' AND name = 'messages';

UPDATE sqlite_schema
   SET sql = replace(replace(sql,
'background IN (0, 1)',
'background = 0 OR background = 1'),
'cancelled IN (0, 1)',
'cancelled = 0 OR cancelled = 1')
 WHERE type = 'table' AND name = 'stored_responses';

PRAGMA writable_schema = RESET;

-- A CGI process parses the whole schema for each request: names in views are
-- qualified only where they must be.
DROP VIEW v_sessions;
DROP VIEW v_messages;
DROP VIEW v_usage_by_key;
DROP VIEW v_errors;

CREATE VIEW message_details AS
SELECT id, uid, reply, role, name, content, media, reasoning, tool_calls,
       tool_call_id, citations, spans, request_seq, conversation_id
  FROM messages;

CREATE VIEW stored_response_details AS
SELECT request_seq AS seq, s.id AS id, dialect, model, settings, metadata,
       (SELECT id FROM stored_responses
         WHERE request_seq = s.previous_seq) AS previous,
       (SELECT name FROM conversations
         WHERE id = conversation_id) AS conversation,
       background, stream, status, cancelled, lease_until, started_at,
       duration_ms, finish_reason, error_kind, error, token_source,
       prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens,
       s.key_id AS key_id, kind
  FROM stored_responses s JOIN requests ON seq = request_seq;

CREATE VIEW v_sessions AS
SELECT name AS session,
       label AS key,
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
       label AS key,
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

CREATE VIEW v_usage_by_key AS
SELECT label AS key,
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

CREATE VIEW v_errors AS
SELECT datetime(started_at / 1000, 'unixepoch') AS at,
       r.id AS request,
       label AS key,
       model,
       credential,
       CASE status WHEN 'running' THEN 'interrupted' ELSE status END AS status,
       http_status,
       error_kind AS kind,
       error
  FROM requests r JOIN keys k ON k.id = key_id
 WHERE r.status IN ('failed', 'cancelled')
    OR (r.status = 'running' AND lease_until < unixepoch() * 1000)
 ORDER BY seq DESC;
