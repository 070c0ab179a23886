-- 1: the command's output was removed before its time, to stay within the limits for output or with its workspace.
ALTER TABLE execs ADD COLUMN output_removed INTEGER NOT NULL DEFAULT 0;
