-- SPDX-License-Identifier: MIT
-- Messages have uids, and conversations can be created without a turn.

DROP VIEW v_sessions;
DROP VIEW v_messages;

ALTER TABLE conversations ADD COLUMN metadata TEXT;    -- JSON object

-- What was said: every reply, also the partial one of a failed turn, and what
-- clients said in a conversation or in a stored response. Only a message of a
-- conversation has a conversation_id. One that a client added without a turn
-- has no request_seq, and is deleted when it leaves the conversation.
--
-- What a client can ask for has a uid. Replies of requests that were neither in
-- a conversation nor stored have none: there are many, and they stay out of two
-- indexes.
CREATE TABLE said (
  id              INTEGER PRIMARY KEY,
  uid             TEXT,                        -- 24 characters
  request_seq     INTEGER REFERENCES requests (seq),
  conversation_id INTEGER REFERENCES conversations (id),
  answer          INTEGER NOT NULL             -- 1: to that request
                  CHECK (answer IN (0, 1)),
  role            TEXT    NOT NULL
                  CHECK (role IN ('system', 'user', 'assistant', 'tool')),
  name            TEXT,
  content         TEXT,                        -- plain text
  media           TEXT,                        -- JSON: parts, if not all text
  reasoning       TEXT,
  tool_calls      TEXT,                        -- JSON
  tool_call_id    TEXT,
  citations       TEXT,                        -- JSON
  spans           TEXT,                        -- JSON: order, if unusual
  replay          TEXT,                        -- call id or text's hash
  created_at      INTEGER NOT NULL,
  CHECK (request_seq IS NOT NULL OR conversation_id IS NOT NULL)
) STRICT;

-- The reply to a request was always written last.
INSERT INTO said (id, uid, request_seq, conversation_id, answer, role, name,
                  content, media, reasoning, tool_calls, tool_call_id,
                  citations, replay, created_at)
SELECT m.id,
       CASE WHEN r.conversation_id IS NOT NULL THEN hex(randomblob(12)) END,
       m.request_seq, m.conversation_id,
       m.role = 'assistant'
       AND m.id = max(m.id) OVER (PARTITION BY m.request_seq),
       m.role, m.name, m.content, m.media, m.reasoning, m.tool_calls,
       m.tool_call_id, m.citations, m.replay, m.created_at
  FROM messages m
  JOIN requests r ON r.seq = m.request_seq;

DROP TABLE messages;
ALTER TABLE said RENAME TO messages;

CREATE INDEX messages_of_conversation ON messages (conversation_id, id)
  WHERE conversation_id IS NOT NULL;
CREATE INDEX messages_of_request ON messages (request_seq)
  WHERE uid IS NOT NULL;
CREATE UNIQUE INDEX messages_by_uid ON messages (uid)
  WHERE uid IS NOT NULL;
CREATE INDEX messages_by_replay ON messages (replay)
  WHERE replay IS NOT NULL;

CREATE VIEW v_sessions AS
SELECT c.name AS session,
       k.label AS key,
       (SELECT r.model FROM requests r
         WHERE r.seq = (SELECT max(m.request_seq) FROM messages m
                         WHERE m.conversation_id = c.id)) AS model,
       (SELECT count(*) FROM messages m
         WHERE m.conversation_id = c.id AND m.answer = 1) AS turns,
       (SELECT count(*) FROM messages m
         WHERE m.conversation_id = c.id) AS messages,
       (SELECT coalesce(sum(u.prompt_tokens + u.completion_tokens), 0)
          FROM requests u WHERE u.conversation_id = c.id) AS tokens,
       datetime(c.created_at / 1000, 'unixepoch') AS started,
       datetime(c.updated_at / 1000, 'unixepoch') AS last_turn,
       (SELECT substr(replace(f.content, char(10), ' '), 1, 60)
          FROM messages f
         WHERE f.conversation_id = c.id AND f.role = 'user'
         ORDER BY f.id LIMIT 1) AS begins_with
  FROM conversations c
  JOIN keys k ON k.id = c.key_id
 ORDER BY c.updated_at DESC;

CREATE VIEW v_messages AS
SELECT c.name AS session,
       k.label AS key,
       m.role AS role,
       coalesce(m.content, '') AS content,
       m.reasoning AS reasoning,
       m.tool_calls AS tool_calls,
       r.model AS model,
       datetime(m.created_at / 1000, 'unixepoch') AS at,
       r.id AS request
  FROM messages m
  LEFT JOIN requests r ON r.seq = m.request_seq
  LEFT JOIN conversations c ON c.id = m.conversation_id
  JOIN keys k ON k.id = coalesce(r.key_id, c.key_id)
 ORDER BY m.id;
