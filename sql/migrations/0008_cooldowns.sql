-- SPDX-License-Identifier: MIT
-- A cooldown whose length is a guess of ours ends early where nothing else is
-- left to try; one whose time Kimi named does not. What cools down now counts
-- as guessed: it is tried once too often at worst.

ALTER TABLE credentials ADD COLUMN
  cooldown_named INTEGER NOT NULL DEFAULT 0;
