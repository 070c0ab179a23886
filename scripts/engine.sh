#!/usr/bin/env bash
# engine.sh start: uses the Docker Engine that answers, or starts one.  engine.sh stop: ends the one that start started.
. "$(dirname "$0")/lib.sh"

pid_file=$cache/dockerd.pid
log=$cache/dockerd.log
socket=/var/run/docker.sock

dockerd_path() { command -v dockerd || { [ -x /usr/sbin/dockerd ] && echo /usr/sbin/dockerd; }; }
is_dockerd() { [ "$(cat "/proc/$1/comm" 2>/dev/null)" = dockerd ]; }

# dockerd's children end a moment after it: containerd, and a shim per container.
descendants() {
    local child
    # shellcheck disable=SC2013 # the kernel writes them as words of one line
    for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
        echo "$child"
        descendants "$child"
    done
}

wait_until_gone() {
    local pid deadline=$((SECONDS + 60))
    for pid in "$@"; do
        while [ -e "/proc/$pid" ]; do
            [ $SECONDS -lt $deadline ] || fail "process $pid does not end"
            sleep 0.1
        done
    done
}

forbidden() {
    if [ -S "$socket" ] && [ ! -w "$socket" ]; then
        fail "Docker is running, but $(id -un) may not use $socket: sudo usermod -aG docker $(id -un), then log in again"
    fi
}

start() {
    if engine_answers; then return; fi
    [ -z "${DOCKER_HOST:-}" ] || fail "no Docker Engine answers at DOCKER_HOST=$DOCKER_HOST"
    if grep -qsx dockerd /proc/[0-9]*/comm; then forbidden; fi
    if [ -d /run/systemd/system ]; then
        say "starting Docker (systemd)"
        as_root systemctl start docker
    else
        say "starting dockerd (its log: $log)"
        # Descriptors are closed and the session is its own: the engine must hold neither our terminal nor our locks.
        as_root setsid "$(dockerd_path)" --pidfile "$pid_file" --group "$(id -gn)" >"$log" 2>&1 </dev/null 9>&- &
    fi
    local deadline=$((SECONDS + 60))
    until engine_answers; do
        [ $SECONDS -lt $deadline ] || { forbidden; tail -n 20 "$log" >&2 || true; fail "Docker Engine did not come up in a minute"; }
        sleep 0.2
    done
}

stop() {
    [ -s "$pid_file" ] || return 0
    local pid family
    pid=$(cat "$pid_file")
    if is_dockerd "$pid"; then
        mapfile -t family < <(echo "$pid"; descendants "$pid")
        say "stopping the dockerd that was started here"
        as_root kill -TERM "$pid"
        wait_until_gone "${family[@]}"
    fi
    as_root rm -f "$pid_file"
}

case ${1:-} in
    start | stop) "$1" ;;
    *) fail "usage: engine.sh start|stop" ;;
esac
