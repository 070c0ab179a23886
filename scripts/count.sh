#!/usr/bin/env bash
# Counts where the source leaves the house's style: each offender as "path:line kind what", then a total per kind.
# `--totals` prints the totals alone. CodeCountTests runs this and fails when a total rises.
#   wide         a line over 140 columns in code, scripts or prose; rows of tables and links are exempt
#   nested       a conditional expression inside another one
#   constructor  a class or struct whose constructor has more than 8 parameters; a record's parameters are its fields
#   twice        a type name that two types share, across the server, the agent and their protocol
#   long         a C# file of more than 300 lines
#   idiom        a wording or a name of scripts/count/idioms.txt
#   median       the lines of the median C# file in src
. "$(dirname "$0")/lib.sh"
cd "$root"

csharp() { find "$@" -name '*.cs' -not -path '*/obj/*' -not -path '*/bin/*' | sort; }

wide() {
    {
        csharp src tests bench
        find src tests -name '*.c' -not -path '*/obj/*'
        find scripts .ci Makefile Dockerfile.aot -type f
        find README.md AGENTS.md CONTRIBUTING.md docs deploy -name '*.md'
    } | sort | LC_ALL=C xargs awk '
        { text = $0; gsub(/[\200-\277]/, "", text) }
        length(text) > 140 && !(FILENAME ~ /\.md$/ && text ~ /^ *(\||<|\[)/) { print FILENAME ":" FNR "\twide\t" length(text) " columns" }'
}

long() {
    csharp src tests bench | xargs wc -l | awk '$2 != "total" && $1 > 300 { print $2 ":301\tlong\t" $1 " lines" }'
}

# The patterns of one section of the list, as one.
patterns() { sed -n "/^\[$1\]/,/^\[$2/p" scripts/count/idioms.txt | grep -vE '^(\[|#|$)' | paste -sd'|'; }

idioms() {
    local kinds=(--include='*.cs' --include='*.c' --include='*.md' --include='*.sh' --exclude-dir=obj --exclude-dir=bin)
    {
        grep -rnioP "$(patterns words names)" "${kinds[@]}" README.md AGENTS.md CONTRIBUTING.md docs src scripts || true
        # Names in code, not in its comments.
        grep -rnP "$(patterns names end)" --include='*.cs' --exclude-dir=obj --exclude-dir=bin src \
            | grep -vP '^[^:]+:\d+:\s*//' \
            | grep -oP "^[^:]+:\d+:|$(patterns names end)" | awk '/^[^:]+:[0-9]+:$/ { place = $0; next } { print place $0 }' || true
    } | sed -E 's/^([^:]+:[0-9]+):/\1\tidiom\t/'
}

found=$(
    wide
    csharp src tests bench | LC_ALL=C xargs awk -f scripts/count/code.awk
    csharp src | LC_ALL=C xargs awk -f scripts/count/types.awk
    long
    idioms
)
[ "${1:-}" = --totals ] || printf '%s\n' "$found" | sort -t: -k1,1 -k2,2n | tr '\t' ' '
for kind in wide nested constructor twice long idiom; do
    printf '%s %s\n' "$kind" "$(printf '%s\n' "$found" | grep -c $'\t'"$kind"$'\t' || true)"
done
csharp src | xargs wc -l | awk '$2 != "total" { print $1 }' | sort -n \
    | awk '{ lines[NR] = $1 } END { print "median " lines[int((NR + 1) / 2)] }'
