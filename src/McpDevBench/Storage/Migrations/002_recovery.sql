-- What a stopped workspace is made of again: the image by its id, whatever its name stands for today.
ALTER TABLE containers ADD COLUMN image_id TEXT;

-- What could not be learned when a container was adopted; null for a workspace that was spawned.
ALTER TABLE containers ADD COLUMN adoption TEXT;

-- What a listing of kept files shows.
ALTER TABLE kept_volumes ADD COLUMN container_id TEXT;
ALTER TABLE kept_volumes ADD COLUMN image TEXT;

-- When this database was made. Volumes that are older belong to a database that was lost, and are not garbage yet.
CREATE TABLE birth (born_at INTEGER NOT NULL) STRICT;
INSERT INTO birth VALUES (strftime('%s', 'now') * 1000);
