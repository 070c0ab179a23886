-- Times are milliseconds since 1970, UTC. JSON columns hold objects or arrays of strings.

CREATE TABLE containers (
    id           TEXT    PRIMARY KEY,
    docker_id    TEXT    UNIQUE,
    owner        TEXT    NOT NULL,
    alias        TEXT,
    image        TEXT    NOT NULL,
    digest       TEXT,
    persistent   INTEGER NOT NULL,
    status       TEXT    NOT NULL,
    volume       TEXT    NOT NULL,
    memory_mb    INTEGER NOT NULL,
    cpus         REAL    NOT NULL,
    pids         INTEGER NOT NULL,
    network      TEXT    NOT NULL,
    labels       TEXT    NOT NULL,
    env          TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    lease_until  INTEGER,
    idle_ttl_ms  INTEGER
) STRICT;

CREATE UNIQUE INDEX containers_alias ON containers (owner, alias) WHERE alias IS NOT NULL;

-- The files of a persistent workspace that was killed with keep_workspace; the next spawn with the alias takes them.
CREATE TABLE kept_volumes (
    owner   TEXT    NOT NULL,
    alias   TEXT    NOT NULL,
    volume  TEXT    NOT NULL,
    kept_at INTEGER NOT NULL,
    PRIMARY KEY (owner, alias)
) STRICT;

CREATE TABLE attachments (
    id           INTEGER PRIMARY KEY,
    container_id TEXT    NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
    client_name  TEXT,
    session_id   TEXT,
    attached_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX attachments_container ON attachments (container_id);

-- No reference to containers: what a command printed stays readable after its workspace is gone.
CREATE TABLE execs (
    id            TEXT    PRIMARY KEY,
    container_id  TEXT    NOT NULL,
    owner         TEXT    NOT NULL,
    command       TEXT    NOT NULL,
    started_at    INTEGER NOT NULL,
    ended_at      INTEGER,
    outcome       TEXT,
    exit_code     INTEGER,
    signal        INTEGER,
    wall_ms       INTEGER,
    cpu_ms        INTEGER,
    max_rss_bytes INTEGER,
    stdout_bytes  INTEGER,
    stderr_bytes  INTEGER
) STRICT;

CREATE INDEX execs_container ON execs (container_id, started_at);
CREATE INDEX execs_ended ON execs (ended_at);

CREATE TABLE idempotency_keys (
    owner       TEXT    NOT NULL,
    scope       TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,
    handle      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (owner, scope, key)
) STRICT;

-- One row that the readiness check counts up: the proof that the database takes writes.
CREATE TABLE probe (written INTEGER NOT NULL) STRICT;
INSERT INTO probe VALUES (0);
