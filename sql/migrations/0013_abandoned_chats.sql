-- SPDX-License-Identifier: MIT
-- Chats that are to be deleted at Kimi are noted before that, so that a process
-- that is killed leaves them to the next one.

-- Chats at Kimi in which no conversation goes on, to be deleted there. A
-- process owns one while its request runs, and while it deletes it; it may be
-- deleted once its owner is dead or, where it has none, when it is due.
CREATE TABLE abandoned_chats (
  credential TEXT    NOT NULL,                 -- fingerprint
  chat       TEXT    NOT NULL,                 -- id at Kimi
  owner      INTEGER,                          -- as the owner of a lease
  due_at     INTEGER NOT NULL,
  tries      INTEGER NOT NULL DEFAULT 0,       -- to delete it, that failed
  noted_at   INTEGER NOT NULL,
  PRIMARY KEY (credential, chat)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER conversation_takes_chat
 AFTER UPDATE OF chat ON conversations
 WHEN new.chat IS NOT NULL AND new.chat IS NOT old.chat
BEGIN
  DELETE FROM abandoned_chats
   WHERE credential = new.credential AND chat = new.chat;
END;

CREATE TRIGGER conversation_leaves_chat
 AFTER UPDATE OF chat ON conversations
 WHEN old.credential IS NOT NULL AND old.chat IS NOT NULL
  AND old.chat IS NOT new.chat
BEGIN
  INSERT INTO abandoned_chats (credential, chat, due_at, noted_at)
  VALUES (old.credential, old.chat, unixepoch() * 1000, unixepoch() * 1000)
  ON CONFLICT (credential, chat) DO NOTHING;
END;

CREATE TRIGGER conversation_ends_with_chat
 AFTER DELETE ON conversations
 WHEN old.credential IS NOT NULL AND old.chat IS NOT NULL
BEGIN
  INSERT INTO abandoned_chats (credential, chat, due_at, noted_at)
  VALUES (old.credential, old.chat, unixepoch() * 1000, unixepoch() * 1000)
  ON CONFLICT (credential, chat) DO NOTHING;
END;
