#!/usr/bin/env bash
# Attacks the published binary as a hostile workload, image, agent, web page and client, and prints a table: attack, result, figures.
# The attacks are tests, so `make test` runs them too. Exits with 1 if one succeeded.
. "$(dirname "$0")/lib.sh"
cd "$root"

"$root/scripts/setup.sh"
engine_was_running=$(engine_answers && echo yes || echo no)
"$root/scripts/engine.sh" start
trap '[ "$engine_was_running" = yes ] || "$root/scripts/engine.sh" stop' EXIT
"$root/scripts/publish.sh"
"$root/scripts/images.sh"
"$root/scripts/browser.sh"

report=$artifacts/attacks.tsv
rm -f "$report"
quietly "$cache/attack-build.log" dotnet build tests/McpDevBench.EndToEndTests -c Release -v quiet
status=0
tests=$artifacts/bin/McpDevBench.EndToEndTests/release/McpDevBench.EndToEndTests
DEVBENCH_ATTACK_REPORT=$report "$tests" -trait kind=attack >"$cache/attack.log" 2>&1 </dev/null || status=$?
[ -s "$report" ] || { cat "$cache/attack.log" >&2; fail "no attack ran: see the output above"; }
sort -k2 "$report" | awk -F '\t' '
    BEGIN { print "| attack | result | figures |"; print "|---|---|---|" }
    { printf "| %s | %s | %s |\n", $2, $1, $3; if ($1 == "held") held++; else fell++ }
    END { printf "\n%d held, %d fell\n", held, fell }'
[ $status = 0 ] || { say "failed attacks: see ${cache#"$root"/}/attack.log"; exit 1; }
