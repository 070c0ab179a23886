-- Which shell ran it; null for a program.
ALTER TABLE execs ADD COLUMN shell TEXT;

-- Its time limit; null without one.
ALTER TABLE execs ADD COLUMN timeout_ms INTEGER;

-- JSON array of sentences about its end: a limit that was reached, a pipe whose earlier part failed.
ALTER TABLE execs ADD COLUMN notes TEXT;

-- Processes that outlived the command: a JSON array of "PID NAME" and their number, while they run.
ALTER TABLE execs ADD COLUMN background TEXT;
ALTER TABLE execs ADD COLUMN background_count INTEGER NOT NULL DEFAULT 0;

-- When the last of them ended.
ALTER TABLE execs ADD COLUMN drained_at INTEGER;
