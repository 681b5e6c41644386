-- SPDX-License-Identifier: MIT
-- Answers that clients ask for again.

-- Answers that may be asked for again, beside the rows of their requests. One
-- that was deleted has no id: what stood before it is still gone on from.
CREATE TABLE answers (
  request_seq  INTEGER PRIMARY KEY REFERENCES requests (seq),
  key_id       INTEGER NOT NULL REFERENCES keys (id),
  id           TEXT    UNIQUE,                 -- "resp_…", "chatcmpl-…"
  previous_seq INTEGER REFERENCES answers (request_seq),
  settings     TEXT,                           -- JSON: the request, no input
  metadata     TEXT,                           -- JSON object
  background   INTEGER NOT NULL CHECK (background IN (0, 1)),
  cancelled    INTEGER NOT NULL DEFAULT 0      -- by its client
               CHECK (cancelled IN (0, 1)),
  read_at      INTEGER                         -- by who follows its stream
) STRICT;

-- The first characters of an id tell what is listed together.
CREATE INDEX answers_of_key ON answers (key_id, substr(id, 1, 5))
  WHERE id IS NOT NULL;

-- The events of streamed answers, in batches.
CREATE TABLE stream_logs (
  request_seq INTEGER NOT NULL REFERENCES answers (request_seq),
  place       INTEGER NOT NULL,                -- from 1
  batch       TEXT    NOT NULL,
  PRIMARY KEY (request_seq, place)
) STRICT;
