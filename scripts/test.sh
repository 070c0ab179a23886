#!/usr/bin/env bash
# Runs every test: the fast ones, the stories against a real Docker Engine and the native binary, and the objectives under a little load.
# Fails if something is left behind on the machine. The last line is the total.
. "$(dirname "$0")/lib.sh"
cd "$root"

"$root/scripts/setup.sh"
engine_was_running=$(engine_answers && echo yes || echo no)
"$root/scripts/engine.sh" start
stop_engine() { [ "$engine_was_running" = yes ] || "$root/scripts/engine.sh" stop; }
# Files of builds and killed programs in the temporary folder are removed with the run.
temporary=$(mktemp -d "${TMPDIR:-/tmp}/devbench-test-XXXXXX")
# Like /tmp, because some tests start programs as other users.
chmod 1777 "$temporary"
export TMPDIR=$temporary
remove_temporary() { rm -rf "$temporary" || say "could not remove $temporary"; }
# This trap runs only if a build fails.
trap 'stop_engine; remove_temporary; echo "0 passed, 1 failed"' EXIT

"$root/scripts/publish.sh"
"$root/scripts/images.sh"
"$root/scripts/image.sh"
"$root/scripts/clients.sh"
"$root/scripts/monitoring.sh"
"$root/scripts/browser.sh"
"$root/scripts/registry.sh"

# Everything that a run could leave behind, one line each.
things() {
    {
        docker ps -a --no-trunc --format 'container {{.ID}} {{.Names}} ({{.Image}})'
        docker volume ls --format 'volume {{.Name}}'
        # Layers on images, which have no name.
        docker images -aq --no-trunc --filter label=com.mcp.image.base | sort -u | sed 's/^/image /'
        docker network ls --no-trunc --format 'network {{.ID}} {{.Name}}'
        # Temporary folders of tests, inside and outside this run's own.
        find "$temporary" "$(dirname "$temporary")" -mindepth 1 -maxdepth 1 -name 'devbench-test-*' -printf 'folder %p\n'
        # Found by the first word of the command line, because the agent runs from an unnamed copy of itself.
        for process in /proc/[0-9]*; do
            IFS= read -r -d '' program <"$process/cmdline" || true
            case ${program##*/} in mcp-devbench | devbench-agent) echo "process ${process#/proc/} $program" ;; esac
        done 2>/dev/null
    } | sort
}

# Docker reports the end of a container a moment before its last process is gone.
differences() {
    local deadline=$((SECONDS + 15)) found
    until found=$(comm -3 <(echo "$1") <(things) |
        sed -E 's/^\t(.*)/left behind: \1/; t; s/^(process|folder) .*//; s/^(.+)/gone: \1/; /^$/d') && [ -z "$found" ]; do
        [ $SECONDS -lt $deadline ] || break
        sleep 0.5
    done
    echo "$found"
}

passed=0 failed=0
log=$cache/test.log
before=$(things)
for project in tests/McpDevBench.Tests tests/McpDevBench.EndToEndTests; do
    [ -d "$project" ] || { say "$project not found"; continue; }
    say "running $project"
    status=0
    timeout -k 60 40m dotnet test --project "$project" -c Release --results-directory "$artifacts/test-results" </dev/null 2>&1 |
        tee "$log" || status=$?
    count() { awk -v word="$1:" '$1 == word { n = $2 } END { print n + 0 }' "$log"; }
    ok=$(count succeeded) bad=$(count failed)
    # A run that ended early or found no test counts as one failure.
    if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$ok" = 0 ]; }; then
        say "$project ended with status $status and $ok tests passed"
        bad=1
    fi
    passed=$((passed + ok)) failed=$((failed + bad))
done

# All operations at once, for long enough that a stall of the machine is less than 5 % of the time.
say "running bench/McpDevBench.LoadTests"
if timeout -k 60 10m dotnet run --project bench/McpDevBench.LoadTests -c Release -- run mixed --duration 45s </dev/null; then
    passed=$((passed + 1))
else
    say "an objective was missed under load"
    failed=$((failed + 1))
fi

# The agent's volume and the layers on images are a cache in the engine. A run removes those that it made.
made() { comm -13 <(echo "$before") <(things) | sed -nE "$1"; }
made 's/^volume (mcpdevbench_agent_[0-9a-f]+)$/\1/p' | xargs -r docker volume rm >/dev/null || true
made 's/^image (.+)$/\1/p' | xargs -r docker image rm >/dev/null || true
left=$(differences "$before")
if [ -n "$left" ]; then
    printf '%s\n' "✗ the tests changed the machine:" "$left"
    failed=$((failed + 1))
fi

trap - EXIT
stop_engine
remove_temporary
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
