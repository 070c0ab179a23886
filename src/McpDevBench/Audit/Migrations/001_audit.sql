-- Who did what. Rows are only ever added, and removed from the beginning when their time is over. Times are milliseconds since 1970, UTC.
CREATE TABLE audit (
    seq            INTEGER PRIMARY KEY,
    timestamp      INTEGER NOT NULL,
    event_type     TEXT    NOT NULL,
    principal      TEXT    NOT NULL,
    client_name    TEXT,
    session_id     TEXT,
    container_id   TEXT,
    exec_id        TEXT,
    image          TEXT,
    target         TEXT,
    result         TEXT    NOT NULL,
    error_code     TEXT,
    duration_ms    INTEGER,
    correlation_id TEXT,
    trace_id       TEXT,
    prev_hash      BLOB    NOT NULL,
    hash           BLOB    NOT NULL
) STRICT;

CREATE INDEX audit_timestamp ON audit (timestamp);
CREATE INDEX audit_event ON audit (event_type);
CREATE INDEX audit_principal ON audit (principal);
CREATE INDEX audit_container ON audit (container_id) WHERE container_id IS NOT NULL;
CREATE INDEX audit_exec ON audit (exec_id) WHERE exec_id IS NOT NULL;

-- Places in the chain, signed: its newest record (last), the newest one that was removed when its time was over (pruned), and the newest one that the file has
-- (exported, without a signature).
CREATE TABLE marks (
    name TEXT    PRIMARY KEY,
    seq  INTEGER NOT NULL,
    hash BLOB    NOT NULL,
    seal BLOB    NOT NULL
) STRICT;
