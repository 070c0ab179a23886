#!/usr/bin/env bash
# Compiles the SQLite that is linked into the server, artifacts/sqlite/libe_sqlite3.a, from the amalgamation that an npm package ships.
# The package is pinned by version and hash; nothing but its sqlite3.c is used, and none of its scripts run.
. "$(dirname "$0")/lib.sh"
one_at_a_time

package=better-sqlite3 version=13.2.0
sha256=40487589df3496f2ee0079d22b73c63fccebe7db0e8ee9a2c42421861e321e0b
# THREADSAFE=1 (serialised) is what the connections expect; COLUMN_METADATA is what Microsoft.Data.Sqlite calls; the others are the
# library's own advice for new programs.
options=(
    -DSQLITE_THREADSAFE=1
    -DSQLITE_ENABLE_COLUMN_METADATA
    -DSQLITE_DEFAULT_MEMSTATUS=0
    -DSQLITE_DQS=0
    -DSQLITE_LIKE_DOESNT_MATCH_BLOBS
    -DSQLITE_TRUSTED_SCHEMA=0
)

library=$artifacts/sqlite/libe_sqlite3.a
cd "$root"
if ! fresh "$library" scripts/sqlite.sh; then
    say "compiling SQLite"
    build_begins
    work=$artifacts/sqlite/work
    rm -rf "$work"
    mkdir -p "$work"
    quietly "$cache/sqlite.log" npm pack "$package@$version" --pack-destination "$work" --ignore-scripts --loglevel=error </dev/null
    archive=$work/$package-$version.tgz
    echo "$sha256  $archive" | sha256sum --check --quiet || fail "$package $version is not the archive whose hash scripts/sqlite.sh has"
    tar -xzf "$archive" -C "$work" package/deps/sqlite3/sqlite3.c
    quietly "$cache/sqlite.log" clang -O2 -fPIE "${options[@]}" -c "$work/package/deps/sqlite3/sqlite3.c" -o "$work/sqlite3.o"
    rm -f "$library"
    ar crs "$library" "$work/sqlite3.o"
    rm -rf "$work"
    touch -r "$begun" "$library"
fi
say "sqlite: ${library#"$root"/}"
