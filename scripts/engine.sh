#!/usr/bin/env bash
# engine.sh start: starts a Docker Engine unless one answers.  engine.sh stop: stops the engine that `start` started.
. "$(dirname "$0")/lib.sh"

pid_file=$cache/dockerd.pid
log=$cache/dockerd.log
socket=/var/run/docker.sock

dockerd_path() { command -v dockerd || { [ -x /usr/sbin/dockerd ] && echo /usr/sbin/dockerd; }; }
is_dockerd() { [ "$(cat "/proc/$1/comm" 2>/dev/null)" = dockerd ]; }

# dockerd's children end a moment after it: containerd, and a shim for each container.
descendants() {
    local child
    # shellcheck disable=SC2013 # the kernel writes one line of words
    for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
        echo "$child"
        descendants "$child"
    done
}

wait_until_gone() {
    local pid deadline=$((SECONDS + 60))
    for pid in "$@"; do
        while [ -e "/proc/$pid" ]; do
            [ $SECONDS -lt $deadline ] || fail "process $pid did not end within a minute"
            sleep 0.1
        done
    done
}

forbidden() {
    if [ -S "$socket" ] && [ ! -w "$socket" ]; then
        fail "Docker is running, but user $(id -un) cannot use $socket: run sudo usermod -aG docker $(id -un), then log in again"
    fi
}

start() {
    if engine_answers; then return; fi
    [ -z "${DOCKER_HOST:-}" ] || fail "no Docker Engine answers at DOCKER_HOST=$DOCKER_HOST: start it, or unset DOCKER_HOST"
    if grep -qsx dockerd /proc/[0-9]*/comm; then forbidden; fi
    if [ -d /run/systemd/system ]; then
        say "starting Docker (systemd)"
        as_root systemctl start docker
    else
        say "starting dockerd (log: $log)"
        # Closes descriptors and starts a new session, so the engine holds neither the terminal nor the build lock.
        as_root setsid "$(dockerd_path)" --pidfile "$pid_file" --group "$(id -gn)" >"$log" 2>&1 </dev/null 9>&- &
    fi
    local deadline=$((SECONDS + 60))
    until engine_answers; do
        if [ $SECONDS -ge $deadline ]; then
            forbidden
            tail -n 20 "$log" >&2 || true
            fail "Docker Engine did not start within a minute: see the log above"
        fi
        sleep 0.2
    done
}

stop() {
    [ -s "$pid_file" ] || return 0
    local pid family
    pid=$(cat "$pid_file")
    if is_dockerd "$pid"; then
        mapfile -t family < <(echo "$pid"; descendants "$pid")
        say "stopping the dockerd that this checkout started"
        as_root kill -TERM "$pid"
        wait_until_gone "${family[@]}"
    fi
    as_root rm -f "$pid_file"
}

case ${1:-} in
    start | stop) "$1" ;;
    *) fail "usage: engine.sh start|stop" ;;
esac
