# Shared by the other scripts: paths, output, builds, access to Docker. Sourced, never run.
# shellcheck shell=bash
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=$root/.cache
artifacts=$root/artifacts
mkdir -p "$cache" "$artifacts"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# No build servers: a test run must leave no process behind.
export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false DOTNET_CLI_USE_MSBUILD_SERVER=0

# In CI the packages are those of the lock files or none. The compiler's own packages follow the SDK, so another SDK than the one that
# wrote the lock files cannot be held to them.
locks=$root/src/McpDevBench/packages.lock.json
if [ "${CI:-}" = true ] && [ -e "$locks" ] && [ -z "${RestoreLockedMode:-}" ] && command -v dotnet >/dev/null 2>&1; then
    runtime=$(cd "$root" && dotnet msbuild -getProperty:BundledNETCoreAppPackageVersion src/McpDevBench)
    if grep -A4 '"Microsoft.DotNet.ILCompiler"' "$locks" | grep -qF "\"$runtime\""; then
        export RestoreLockedMode=true
    else
        printf '%s\n' "· the SDK brings runtime $runtime, the lock files another: packages are not held to them" >&2
    fi
fi

say() { printf '%s\n' "· $*" >&2; }
fail() { printf '%s\n' "✗ $*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif have sudo; then sudo "$@"
    else fail "'$1' needs root: run this script as root, or install sudo"
    fi
}

# The .NET runtime identifier of this machine.
rid() {
    case $(uname -m) in
        x86_64) echo linux-x64 ;;
        aarch64) echo linux-arm64 ;;
        *) fail "unsupported machine $(uname -m); supported: x86_64, aarch64" ;;
    esac
}

# fresh FILE SOURCE… : FILE exists and is newer than every source.
fresh() {
    local built=$1
    shift
    [ -e "$built" ] && [ -z "$(find "$@" -type f -newer "$built" -not -path '*/node_modules/*' -print -quit)" ]
}

# A result gets the time at which its build began, so a source that is saved during the build is newer.
#   build_begins; …; touch -r "$begun" RESULT
begun=$cache/build.begun
build_begins() { touch "$begun"; }

# quietly LOG COMMAND… : writes the command's output to LOG and prints it only if the command fails. Our own warnings are errors, so a
# successful build could print only warnings of other projects' sources.
quietly() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 && return
    cat "$log" >&2
    fail "'$*' failed: see the output above, or $log"
}

# One build at a time in a checkout, also if `make run` and `make test` run at once.
one_at_a_time() {
    exec 9>"$cache/build.lock"
    flock 9
}

engine_answers() { have docker && timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# The address of the docker client's engine: DOCKER_HOST, or the current context.
engine_address() {
    echo "${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null || echo unix:///var/run/docker.sock)}"
}

# A static executable names no interpreter and needs no library.
is_static() {
    if readelf -lW "$1" | grep -q INTERP || readelf -dW "$1" | grep -q NEEDED; then fail "$1 is not statically linked"; fi
}
