-- 1: the call that started it had a timeout as its answer, so it is ended, if it began at all, as soon as its agent answers.
ALTER TABLE execs ADD COLUMN unsettled INTEGER NOT NULL DEFAULT 0;
