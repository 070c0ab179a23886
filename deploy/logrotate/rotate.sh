#!/bin/sh
# rotate.sh FILE: rotates the audit file for compose.yaml, as logrotate does with the file mcp-devbench. Needs only busybox.
# The server opens a new file by itself when the path no longer names its open file.
set -u
file=$1
largest=${ROTATE_BYTES:-268435456}
days=${ROTATE_KEEP_DAYS:-365}
pause=${ROTATE_PAUSE_S:-3600}

moved() { find "$(dirname "$file")" -maxdepth 1 -type f -name "$(basename "$file")-*" "$@"; }

trap 'exit 0' INT TERM
day=$(date +%F)
while :; do
    # Compress a file one round after moving it: by then its last lines are written and shipped.
    moved ! -name '*.gz' -exec gzip {} \;
    moved -name '*.gz' -mtime "+$days" -exec rm {} \;
    today=$(date +%F)
    if [ -s "$file" ] && { [ "$today" != "$day" ] || [ "$(wc -c <"$file")" -gt "$largest" ]; }; then
        mv "$file" "$file-$(date +%Y%m%d-%s)"
    fi
    day=$today
    sleep "$pause" &
    wait $!
done
