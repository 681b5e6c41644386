-- SPDX-License-Identifier: MIT
-- A lease knows its process, and its end by a clock that nobody can set.
-- Programs of the version before may still run: they know neither, and go by
-- lease_until, which stays as it was.

ALTER TABLE requests ADD COLUMN lease_owner INTEGER;
ALTER TABLE requests ADD COLUMN lease_uptime INTEGER;
ALTER TABLE slots ADD COLUMN lease_owner INTEGER;
ALTER TABLE slots ADD COLUMN lease_uptime INTEGER;
ALTER TABLE file_contents ADD COLUMN lease_owner INTEGER;
ALTER TABLE file_contents ADD COLUMN lease_uptime INTEGER;
ALTER TABLE credentials ADD COLUMN renewing_owner INTEGER;
ALTER TABLE credentials ADD COLUMN renewing_uptime INTEGER;

-- A cooldown also knows how long it is. Of those that exist nobody knows the
-- end as an uptime.
ALTER TABLE credentials ADD COLUMN cooldown_uptime INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN cooldown_ms INTEGER NOT NULL DEFAULT 0;
UPDATE credentials
   SET cooldown_uptime = 9223372036854775807,
       cooldown_ms = cooldown_until - unixepoch() * 1000
 WHERE cooldown_until > unixepoch() * 1000;

DROP VIEW stored_response_details;
CREATE VIEW stored_response_details AS
SELECT request_seq AS seq, s.id AS id, dialect, model, settings, metadata,
       (SELECT id FROM stored_responses
         WHERE request_seq = s.previous_seq) AS previous,
       (SELECT name FROM conversations
         WHERE id = conversation_id) AS conversation,
       background, stream, status, cancelled, lease_owner, lease_until,
       lease_uptime, started_at, duration_ms, finish_reason, error_kind,
       error, token_source, prompt_tokens, completion_tokens, cached_tokens,
       reasoning_tokens, s.key_id AS key_id, kind
  FROM stored_responses s JOIN requests ON seq = request_seq;
