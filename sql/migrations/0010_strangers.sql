-- SPDX-License-Identifier: MIT
-- What a client may do that brings its own credentials depends on whether Kimi
-- has accepted them. Kimi has, where it renewed their tokens.

ALTER TABLE credentials ADD COLUMN
  accepted_at INTEGER;                         -- by Kimi; NULL: not yet
ALTER TABLE credentials ADD COLUMN
  others_checked_at INTEGER NOT NULL DEFAULT 0; -- of an API key that lists it

UPDATE credentials SET accepted_at = unixepoch() * 1000
 WHERE access_token IS NOT NULL;

-- How much each API key keeps is counted with it. What nobody can ask for again
-- does not count: replies without a uid, and the rows of requests.

ALTER TABLE messages ADD COLUMN
  size INTEGER NOT NULL DEFAULT 0;             -- bytes that count as kept

UPDATE messages
   SET size = 256 + ifnull(length(CAST(name AS BLOB)), 0)
                  + ifnull(length(CAST(content AS BLOB)), 0)
                  + ifnull(length(CAST(media AS BLOB)), 0)
                  + ifnull(length(CAST(reasoning AS BLOB)), 0)
                  + ifnull(length(CAST(reasoning_details AS BLOB)), 0)
                  + ifnull(length(CAST(tool_calls AS BLOB)), 0)
                  + ifnull(length(CAST(tool_call_id AS BLOB)), 0)
                  + ifnull(length(CAST(citations AS BLOB)), 0)
                  + ifnull(length(CAST(spans AS BLOB)), 0)
 WHERE uid IS NOT NULL;

ALTER TABLE keys ADD COLUMN
  kept INTEGER NOT NULL DEFAULT 0;             -- bytes
ALTER TABLE keys ADD COLUMN
  stranger TEXT;                               -- fingerprint of a credential

CREATE INDEX keys_of_strangers ON keys (stranger, kept)
  WHERE stranger IS NOT NULL AND kept > 0;

UPDATE keys SET kept = counted.size
  FROM (SELECT key_id, sum(size) AS size FROM (
        SELECT coalesce(r.key_id, c.key_id) AS key_id, size
          FROM messages m
          LEFT JOIN requests r ON r.seq = m.request_seq
          LEFT JOIN conversations c ON c.id = m.conversation_id
         WHERE uid IS NOT NULL
         UNION ALL
        SELECT key_id, 256 + length(CAST(name AS BLOB))
                           + ifnull(length(CAST(metadata AS BLOB)), 0)
          FROM conversations
         UNION ALL
        SELECT key_id, 256 + ifnull(length(CAST(settings AS BLOB)), 0)
                           + ifnull(length(CAST(metadata AS BLOB)), 0)
          FROM stored_responses WHERE id IS NOT NULL
         UNION ALL
        SELECT key_id, 256 + length(CAST(batch AS BLOB))
          FROM stream_logs l
          JOIN stored_responses s ON s.request_seq = l.request_seq
         UNION ALL
        SELECT key_id, 256 + length(CAST(name AS BLOB))
                           + length(CAST(type AS BLOB))
          FROM files
         UNION ALL
        SELECT key_id, size FROM file_contents)
         GROUP BY key_id) counted
 WHERE keys.id = counted.key_id;
