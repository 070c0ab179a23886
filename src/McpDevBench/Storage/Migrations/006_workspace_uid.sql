-- The user of a workspace's programs, to whom its volumes belong. Those of before share one.
ALTER TABLE containers ADD COLUMN uid INTEGER NOT NULL DEFAULT 1000;
ALTER TABLE kept_volumes ADD COLUMN uid INTEGER NOT NULL DEFAULT 1000;
