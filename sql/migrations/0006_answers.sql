-- SPDX-License-Identifier: MIT
-- Responses that clients can ask for again.

-- They are kept next to the rows of their requests. A deleted one keeps its row
-- without an id: responses that continue it also continue what came before it.
CREATE TABLE answers (
  request_seq  INTEGER PRIMARY KEY REFERENCES requests (seq),
  key_id       INTEGER NOT NULL REFERENCES keys (id),
  id           TEXT    UNIQUE,                 -- "resp_…", "chatcmpl-…"
  previous_seq INTEGER REFERENCES answers (request_seq),
  settings     TEXT,                           -- JSON: request without input
  metadata     TEXT,                           -- JSON object
  background   INTEGER NOT NULL CHECK (background IN (0, 1)),
  cancelled    INTEGER NOT NULL DEFAULT 0      -- by its client
               CHECK (cancelled IN (0, 1)),
  read_at      INTEGER                         -- by a reader of its stream log
) STRICT;

-- The first characters of an id say what is listed together.
CREATE INDEX answers_of_key ON answers (key_id, substr(id, 1, 5))
  WHERE id IS NOT NULL;

-- The events of streamed responses, in batches.
CREATE TABLE stream_logs (
  request_seq INTEGER NOT NULL REFERENCES answers (request_seq),
  place       INTEGER NOT NULL,                -- from 1
  batch       TEXT    NOT NULL,
  PRIMARY KEY (request_seq, place)
) STRICT;
