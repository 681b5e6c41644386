-- SPDX-License-Identifier: MIT
-- What only Kimi can read of its reasoning is kept with the message.

ALTER TABLE messages ADD COLUMN
  reasoning_details TEXT;                      -- JSON: what Kimi alone reads

DROP VIEW message_details;
CREATE VIEW message_details AS
SELECT id, uid, reply, role, name, content, media, reasoning,
       reasoning_details, tool_calls, tool_call_id, citations, spans,
       request_seq, conversation_id
  FROM messages;
