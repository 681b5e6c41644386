-- SPDX-License-Identifier: MIT
-- Views for people: sqlite3 kimi.db 'SELECT * FROM v_sessions'

CREATE VIEW v_sessions AS
SELECT c.name AS session,
       k.label AS key,
       r.model AS model,
       count(DISTINCT CASE WHEN m.role = 'assistant' THEN m.request_seq END) AS turns,
       count(m.id) AS messages,
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
  JOIN messages m ON m.conversation_id = c.id
  JOIN requests r ON r.seq = (SELECT max(l.request_seq) FROM messages l
                              WHERE l.conversation_id = c.id)
 GROUP BY c.id
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
  JOIN requests r ON r.seq = m.request_seq
  JOIN keys k ON k.id = r.key_id
  LEFT JOIN conversations c ON c.id = m.conversation_id
 ORDER BY m.id;

CREATE VIEW v_usage_daily AS
SELECT day,
       model,
       token_source AS source,
       sum(requests) AS requests,
       sum(failures) AS failures,
       sum(prompt_tokens) AS prompt_tokens,
       sum(completion_tokens) AS completion_tokens,
       sum(prompt_tokens + completion_tokens) AS total_tokens,
       sum(cached_tokens) AS cached_tokens,
       sum(reasoning_tokens) AS reasoning_tokens
  FROM counters
 GROUP BY day, model, token_source
 ORDER BY day DESC, model;

CREATE VIEW v_usage_by_key AS
SELECT k.label AS key,
       substr(k.fingerprint, 1, 12) AS fingerprint,
       sum(n.requests) AS requests,
       sum(n.failures) AS failures,
       sum(n.prompt_tokens) AS prompt_tokens,
       sum(n.completion_tokens) AS completion_tokens,
       sum(n.prompt_tokens + n.completion_tokens) AS total_tokens,
       min(n.day) AS first_day,
       max(n.day) AS last_day
  FROM counters n
  JOIN keys k ON k.id = n.key_id
 GROUP BY k.id
 ORDER BY total_tokens DESC;

-- A request that is still 'running' after its lease was cut off with its
-- process.
CREATE VIEW v_errors AS
SELECT datetime(r.started_at / 1000, 'unixepoch') AS at,
       r.id AS request,
       k.label AS key,
       r.model AS model,
       r.credential AS credential,
       CASE r.status WHEN 'running' THEN 'interrupted' ELSE r.status END AS status,
       r.http_status AS http_status,
       r.error_kind AS kind,
       r.error AS error
  FROM requests r
  JOIN keys k ON k.id = r.key_id
 WHERE r.status IN ('failed', 'cancelled')
    OR (r.status = 'running'
        AND r.lease_until < unixepoch() * 1000)
 ORDER BY r.seq DESC;
