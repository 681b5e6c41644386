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

CREATE VIEW message_details AS
SELECT id, uid, reply, role, name, content, media, reasoning, tool_calls,
       tool_call_id, citations, spans, request_seq, conversation_id
  FROM messages;

CREATE VIEW stored_response_details AS
SELECT s.request_seq AS seq,
       s.id AS id,
       r.dialect AS dialect,
       r.model AS model,
       s.settings AS settings,
       s.metadata AS metadata,
       p.id AS previous,
       c.name AS conversation,
       s.background AS background,
       r.stream AS stream,
       r.status AS status,
       s.cancelled AS cancelled,
       r.lease_until AS lease_until,
       r.started_at AS started_at,
       r.duration_ms AS duration_ms,
       r.finish_reason AS finish_reason,
       r.error_kind AS error_kind,
       r.error AS error,
       r.token_source AS token_source,
       r.prompt_tokens AS prompt_tokens,
       r.completion_tokens AS completion_tokens,
       r.cached_tokens AS cached_tokens,
       r.reasoning_tokens AS reasoning_tokens,
       s.key_id AS key_id,
       s.kind AS kind
  FROM stored_responses s
  JOIN requests r ON r.seq = s.request_seq
  LEFT JOIN stored_responses p ON p.request_seq = s.previous_seq
  LEFT JOIN conversations c ON c.id = r.conversation_id;

CREATE VIEW file_details AS
SELECT f.seq AS seq,
       f.id AS id,
       f.name AS name,
       f.type AS type,
       f.purpose AS purpose,
       f.created_at AS created_at,
       f.content_id AS content_id,
       c.sha256 AS sha256,
       c.size AS size,
       f.key_id AS key_id
  FROM files f
  JOIN file_contents c ON c.id = f.content_id;
