-- SPDX-License-Identifier: MIT
-- What Kimi said when it refused a credential is told to every request until
-- the credential works again, by whichever process serves it.

ALTER TABLE credentials ADD COLUMN
  cooldown_words TEXT;                         -- what Kimi said; NULL: unknown
