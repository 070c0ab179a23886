using McpDevBench.AgentProtocol;
using McpDevBench.Execs;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>Scripts run by bash, with and without a report of their pipes, are what they are under plain <c>bash -c</c>.</summary>
public sealed class ShellTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public ShellTests() => _client = _agent.Connect();

    public void Dispose() => _agent.Dispose();

    /// <summary>
    /// The exit codes of each pipe that hides a failure; nothing where none does, and <c>plain</c> where the script runs as it is.
    /// </summary>
    public static TheoryData<string, string> Scripts => new()
    {
        { "false | true", "1 0" },
        { "true | true", "" },
        { "sh -c 'exit 3' | cat | sh -c 'cat; exit 4'", "" },
        { "sh -c 'exit 3' | cat | cat", "3 0 0" },
        { "false |& cat", "1 0" },
        { "cd / && pwd | tail -1", "" },
        { "export A=1 B='x y'; echo \"$A $B\" | cat", "" },
        { "false | true # done", "1 0" },
        { "false | true\n# done\n", "1 0" },
        { "false | cat x\\ ", "" },
        { "echo one\n\ntrue \\\n  | sh -c 'kill -9 $$'\n", "" },
        { "echo one; false |\\\n  sh -c 'kill -9 $$'; echo \\\n two |cat ;\n;", "plain" },
        { "false || sh -c 'echo out; echo err >&2; exit 2' 2>&1 | cat", "2 0" },
        { "echo one > f\necho two >> f\n\n# a comment | with a pipe\ncat f | wc -l\n", "" },
        { "A=1 sh -c 'exit $A' | cat;", "1 0" },
        { "false |\\\n  cat", "1 0" },
        { "false | tail && echo ok", "1 0" },
        { "false | tail || echo no; echo $?", "1 0" },
        { "false | tail; echo x", "1 0" },
        { "false | tail; echo $?; false | false; echo $?", "1 0" },
        { "false | tail -1 > f 2>&1; cat f", "1 0" },
        { "sh -c 'exit 2' 2>&1 | tee log >/dev/null", "2 0" },
        { "for i in 1 2 3; do sh -c \"exit $i\" | cat; done", "1 0" },
        { "for i in 0 0 5 6; do sh -c \"exit $i\" | cat; done; echo $i", "5 0" },
        { "for ((i=0; i<2; i++)); do false | cat; done", "1 0" },
        { "if true; then false | true; fi", "1 0" },
        { "if false | true; then echo yes; else echo no; fi", "1 0" },
        { "if true | false; then echo yes; elif false | cat; then echo elif; fi", "1 0" },
        { "while sh -c 'exit 1' | true; do break; done", "1 0" },
        { "until false | true; do :; done; echo $?", "1 0" },
        { "while read x; do echo $x | cat; done < /etc/hostname | cat", "" },
        { "(sh -c 'exit 3' | cat; echo sub)", "3 0" },
        { "(sh -c 'exit 3'; exit 4) | cat", "4 0" },
        { "{ sh -c 'exit 3' | cat; echo group; } > f; cat f", "3 0" },
        { "{ false; } | cat", "1 0" },
        { "! false | true", "1 0" },
        { "! false | true || echo not", "1 0" },
        { "TIMEFORMAT=timed; time false | true", "1 0" },
        { "[[ a == a ]] && false | true", "1 0" },
        { "[[ /a =~ ^/(a|b|.*)$ && ! -f none ]] && false | cat", "1 0" },
        { "x=$(sh -c 'exit 5' | cat); echo \"$x$?\"", "5 0" },
        { "echo \"got $(sh -c 'exit 5' | cat) ${y:-$(false | cat)}\" | cat", "5 0; 1 0" },
        { "echo $(( $(echo 4 | cat) + 3 )) | cat", "" },
        { "cat <<END | sh -c 'cat; exit 0'\nline | line $(echo hi)\nEND", "" },
        { "sh -c 'cat; exit 3' <<-'END' | cat\n\tline | line\n\tEND\necho after", "3 0" },
        { "cat <<A <<B | cat; false | true\na\nA\nb\nB\necho x", "1 0" },
        { "cat <<< hi | cat", "" },
        { "false | true & wait", "plain" },
        { "sleep 0 & wait; false | cat", "1 0" },
        { "case x in a) echo a;; (x|y) false | cat;; *) echo other; esac", "1 0" },
        { "case x in x) false | cat ;& y) echo y | cat ;; esac", "1 0" },
        { "f() { sh -c 'exit 3' | cat; return 4; }\nf\necho $?\nf | cat", "3 0; 4 0" },
        { "f() ( sh -c 'exit 3' | cat )\nf && echo done", "3 0" },
        { "set -o pipefail; false | true", "" },
        { "set -o pipefail; false | true; echo $?", "" },
        { "set -e; true | false; echo never", "" },
        { "set -e; false | true; echo on", "1 0" },
        { "set -e; f() { false | true; false; }; f; echo never", "1 0" },
        { "set -e\nif true; then false && true; fi | cat\n! true\nfalse | cat && false || echo x\necho $?", "1 0; 1 0" },
        { "set -e\nfalse\necho no | cat", "" },
        { "set -euo pipefail\necho \"${A:-unset}\" | cat", "" },
        { "set -u; echo \"$NO_SUCH\" | cat", "127 0" },
        { "set -u; false | true; echo \"$NO_SUCH\"; echo never", "1 0" },
        { "set -x; { false | true; } 2> f; echo $?; set +x; sort f", "1 0" },
        { "set -- a b; false | true; echo $# $1", "1 0" },
        { "exit 7; false | true", "" },
        { "false | true; exit 7", "1 0" },
        { "false | true; (exit 7); echo $?", "1 0" },
        { "false | true || exit 5; false | cat", "1 0; 1 0" },
        { "false; echo $? | cat", "" },
        { "true | sh -c 'exit 9'; echo $?", "" },
        { "false | true; sh -c 'kill -9 $$'", "1 0" },
        { "false | true; sh -c 'kill -TERM $PPID; exit 3'; echo after", "1 0" },
        { "sh -c 'kill -TERM $PPID; sleep 1' | cat", "" },
        { "echo $0 $- $1 | cat", "" },
        { "echo $LINENO\necho $LINENO | cat; echo $LINENO\n\nfalse | true\necho $LINENO", "1 0" },
        { "f() {\nfalse | true\necho $LINENO\n}\nf; no-such-thing\nf", "1 0" },
        { "no-such-command-here | cat", "127 0" },
        { "cat < no-such-file | cat", "1 0" },
        { "false | cat\ncat < no-such-file\nno-such-command", "1 0" },
        { "echo \"a | b\" 'c | d' e\\|f $'g | \\'h' | cat", "" },
        { "sh -c 'kill -9 $$' | cat", "137 0" },
        { "cat | sh -c 'kill -9 $$'", "" },
        { "false | cat; kill -9 $$", "1 0" },
        { "false | cat; kill -TERM $$; echo no", "1 0" },
        { "ls /dev/null | grep in | sort", "" },
        { "yes | head -1", "" },
        { "yes | sh -c 'exit 2' | true", "141 2 0" },
        { "echo hi >&2 | cat", "" },
        { "cd /no-such-folder && make | tail", "" },
        { "grep nosuch /etc/hostname | wc -l", "" },
        { "cat /etc/hostname | grep nosuch | wc -l", "" },
        { "grep x no-such-file | wc -l", "2 0" },
        { "/bin/grep nosuch /etc/hostname | wc -l", "" },
        { "diff /etc/hostname /etc/passwd | wc -l | head -0", "" },
        { "echo a | xargs grep nosuch-thing /etc/hostname | wc -l", "" },
        { "echo a | xargs false | cat", "0 123 0" },
        { "while read x; do [ \"$x\" = none ] && echo found; done < /etc/hostname | cat", "" },
        { "[ a = b ] | cat", "" },
        { "timeout 5 grep nosuch /etc/hostname | cat", "" },
        { "true | sh -c 'kill -9 $$'\necho after | cat\n\nfalse | true # no\n", "1 0" },
        { "f() { false | true; }\n\ntrue | sh -c 'kill -9 $$'\nf\nserver=1 sleep 0 &\nwait\n", "1 0" },
        { "(true | sh -c 'kill -9 $$'\necho after)\nfor i in 1; do\n  true | sh -c 'kill -9 $$'\ndone\nfalse | true\necho b\n", "1 0" },
        { "set -e\n! true | true\necho end", "" },
        { "false | true; sleep 0 & wait $!; false | cat; sleep 0 & sleep 0 & echo x; wait; f() { true; }; f | cat", "1 0; 1 0" },
        { "f() { false | true; }; sleep 0 & f; sleep 0 & # why\nwait\necho two; f &\nwait", "1 0" },
        { "false | true\necho one; )", "plain" },
        { "echo \\&\nfalse | true; echo a # b &\nfalse | cat\necho \\&", "1 0; 1 0" },
        { "false | true; echo a | grep b", "1 0" },
        { "trap 'echo bye $?' EXIT; false | true", "1 0" },
        { "trap 'echo bye $?; ls -l /proc/nothing' EXIT; false | true; exit 3", "1 0" },
        { "trap 'echo usr' USR1; kill -USR1 $$; false | true; trap -p", "1 0" },
        { "exec 5>&1; false | true >&5", "1 0" },
        { "exec > f 2>&1; false | true; echo hidden", "1 0" },
        { "false | true; exec sh -c 'exit 4'", "1 0" },
        { "exec sh -c 'exit 4' | cat", "4 0" },
        { "a=(1 2 \"x | y\"); false | cat; echo ${#a[@]}", "1 0" },
        { "declare -A m=([k]=v); false | cat; echo ${m[k]}", "1 0" },
        { "local_file=x; eval 'false | cat'; false | true", "1 0" },
        { "printf 'false\\n' > s; . ./s | cat; . ./s; false | true", "1 0; 1 0" },
        { "diff <(echo a; false | cat) <(echo b) | cat", "1 0" },
        { "IFS=; false | true; IFS=:; x=a:b; echo $x | cat", "1 0" },
        { "false | true; echo ${BASH_VERSINFO[0]} | cat", "1 0" },
        { "cd /; false | true; pwd", "1 0" },
        { "n=0; while [ $n -lt 3 ]; do n=$((n+1)); false | cat; done; echo $n", "1 0" },
        { "(( 1 + (2 * 3) > 6 )) && false | cat", "1 0" },
        { "if [ -f none ]; then\n  echo 1\nelse # why\n  false | cat # so\nfi\n", "1 0" },
        { "{ false | true; } 2>/dev/null; false | { read x; cat; }", "1 0; 1 0" },
        { "false | true; (sleep 0; false | true) & wait", "1 0" },
        { "unset PATH; echo | cat", "" },
        { "read x <<< \"$(false | cat)\"; echo ok", "1 0" },
        { "bash -c 'false | true'; sh -c 'false | true'; false | true", "1 0" },
        { "printf '%s\\n' a b | while read l; do echo \"$l\" | cat; false | true; done", "1 0" },
        { "true", "plain" },
        { "exit 3", "plain" },
        { "echo x; ", "plain" },
        { "trap 'echo err' ERR; false | true", "plain" },
        { "trap 'echo debug' DEBUG; false | true", "plain" },
        { "false | true &", "plain" },
        { "echo `date +%Y | cat`", "plain" },
        { "echo `false` | true", "" },
        { "echo \"unterminated | cat", "plain" },
        { "echo one\necho 'unterminated | cat\n", "plain" },
        { "echo one\nfi | cat", "plain" },
        { "echo one\n| cat", "plain" },
        { "echo one\necho two >\necho three | cat", "plain" },
        { "echo one |", "plain" },
        { "echo one ;; echo two | cat", "plain" },
        { "echo one && | cat", "plain" },
        { "for i in; do echo | cat; done", "" },
        { "for 1x in a; do echo | cat; done", "plain" },
        { "if ; then echo | cat; fi", "plain" },
        { "{ } | cat", "plain" },
        { "( ) | cat", "plain" },
        { "[[ a b c ]] || echo | cat", "plain" },
        { "[[ a> ]] | cat", "plain" },
        { "false | true; )", "plain" },
        { "cat <<END | cat\nno end", "plain" },
        { "echo ${#PIPESTATUS[@]} | cat", "plain" },
        { "false | true; echo ${PIPESTATUS[0]}", "plain" },
        { "set -v; echo shown | cat", "plain" },
        { "set | grep -c devbench; false | true", "plain" },
        { "declare -f | grep -c devbench", "plain" },
        { "shopt -s lastpipe; echo a | read x; echo $x | cat", "plain" },
        { "ulimit -n 20; echo hi | cat", "plain" },
        { "alias ll=ls; ll | cat", "plain" },
        { "echo hi | cat; echo $_", "plain" },
        { "ls /proc/self/fd | wc -l", "plain" },
        { "exec 10>f; echo hi | cat >&10", "plain" },
        { "exec {fd}>f; echo hi | cat", "plain" },
        { "function f { false | true; }; f", "plain" },
        { "coproc cat; false | true", "plain" },
        { "select x in a; do echo $x | cat; break; done < /dev/null", "plain" },
        { "ps | grep -c _dev", "plain" },
        { "printf() { echo mine; }; false | true", "plain" },
    };

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_script_is_the_same_as_under_plain_bash_and_its_pipes_report(string script, string expected)
    {
        var plain = Run(Plan(["bash", "-c", script]));
        Run(Plan(["sh", "-c", "rm -rf ./*"]));
        var reporting = PipeScript.Reporting(script, ["PATH"]);
        var ours = Run(Plan(["sh", "-c", script]) with { PrefersBash = true, Reporting = reporting ?? "" });
        Assert.Equal(plain.Seen, ours.Seen);
        Assert.Equal("bash", ours.Exited.Details.Shell);
        var failures = PipeScript.Failures(script, ours.Exited.Details.Report).Select(failure => string.Join(' ', failure.Codes));
        Assert.Equal(expected, reporting is null ? "plain" : string.Join("; ", failures));
    }

    [Fact]
    public void A_script_that_bash_is_given_by_name_reports_too()
    {
        string[] command = ["bash", "-ec", "false | true; echo $0 $1", "name", "first"];
        var plain = Run(Plan(command));
        var ours = Run(Plan(command) with { Reporting = PipeScript.Reporting(command[2], ["PATH"])! });
        Assert.Equal(plain.Seen, ours.Seen);
        Assert.Equal("name first\n", ours.Stdout);
        Assert.Equal("1 0 1 0;", ours.Exited.Details.Report);
    }

    [Fact]
    public void The_report_s_descriptor_is_inherited_by_no_child()
    {
        var script = "sh -c 'ls -l /proc/self/fd' | cat\n(sh -c 'ls -l /proc/self/fd')\nsh -c 'ls -l /proc/self/fd'";
        var plain = Run(Plan(["bash", "-c", script]));
        var reporting = PipeScript.Reporting(script.Replace("self", "it", StringComparison.Ordinal), [])!.Replace("/it/", "/self/", StringComparison.Ordinal);
        var ours = Run(Plan(["sh", "-c", script]) with { PrefersBash = true, Reporting = reporting });
        Assert.Equal(Descriptors(plain.Stdout), Descriptors(ours.Stdout));

        static IEnumerable<string> Descriptors(string list) =>
            list.Split('\n').Where(line => line.Contains("->", StringComparison.Ordinal))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[8]);
    }

    [Fact]
    public void A_signal_ends_it_as_it_ends_plain_bash()
    {
        // Signals are sent once both programs of the pipe run: bash handles an INT before that differently.
        var (first, second) = ($"sleep {Environment.ProcessId}.1", $"sleep {Environment.ProcessId}.2");
        foreach (var script in new[] { $"{first} | {second}", $"false | true; {first} | {second}; echo after", $"({first} | {second}); echo after" })
        {
            foreach (var signal in new byte[] { 2, 15, 1 })
            {
                var plain = Signaled(Plan(["bash", "-c", script]), signal, first, second);
                var plan = Plan(["sh", "-c", script]) with { PrefersBash = true, Reporting = PipeScript.Reporting(script, [])! };
                var ours = Signaled(plan, signal, first, second);
                Assert.Equal((plain.End, plain.Code, plain.Signal), (ours.End, ours.Code, ours.Signal));
            }
        }
    }

    /// <summary>What is in the background goes on writing to the report after its reader has gone.</summary>
    [Fact]
    public void Pipes_in_the_background_run_on_when_the_shell_has_ended()
    {
        const string Script = "false | true; (while [ ! -e go ]; do (false | true); sleep 0.01; done; touch done) & echo started";
        var plan = Plan(["sh", "-c", Script]) with { PrefersBash = true, Reporting = PipeScript.Reporting(Script, [])! };
        var record = _client.Record(_client.Start(plan));
        Assert.Contains(record.WaitForBackground().Processes, process => process.Name.StartsWith("bash -c false | true; (while", StringComparison.Ordinal));
        _client.Write("go", ""u8);
        Assert.Equal("1 0 1 0;", record.Wait().Details.Report);
        Assert.NotNull(_client.Stat("done"));
    }

    [Fact]
    public void Without_bash_in_its_path_a_script_runs_under_sh()
    {
        _client.Write("bin/sh", "#!/bin/sh\necho fake sh: \"$@\""u8, mode: 0x1ED, parents: true);
        var plan = Plan(["sh", "-c", "false | true"], env: ["PATH=bin"]) with { PrefersBash = true, Reporting = "echo no" };
        Assert.Equal("sh", _client.Call(Opcode.ExecStart, plan.Write, ExecStarted.Read).Shell);
        var record = _client.Record(plan.Key);
        Assert.Equal("", record.Wait().Details.Report);
        Assert.Equal("fake sh: -c false | true\n", record.Stdout);
    }

    [Fact]
    public void A_program_has_no_shell()
    {
        var plan = Plan(["true"]);
        Assert.Equal("", _client.Call(Opcode.ExecStart, plan.Write, ExecStarted.Read).Shell);
        Assert.Equal("", _client.Record(plan.Key).Wait().Details.Shell);
    }

    private ((string Stdout, string Stderr, ExecEnd End, int Code, byte Signal) Seen, string Stdout, ExecExited Exited) Run(ExecStart plan)
    {
        var record = _client.Record(_client.Start(plan));
        var exited = record.Wait();
        // Numbers of processes differ from run to run.
        var stderr = System.Text.RegularExpressions.Regex.Replace(record.Stderr, @"\b\d{3,}\b", "N");
        return ((record.Stdout, stderr, exited.End, exited.Code, exited.Signal), record.Stdout, exited);
    }

    private ExecExited Signaled(ExecStart plan, byte signal, params string[] programs)
    {
        var record = _client.Record(_client.Start(plan));
        Assert.True(SpinWait.SpinUntil(() => programs.All(IsRunning), AgentClient.Patience), "the programs of the pipe do not run");
        _client.Signal(plan.Key, signal);
        return record.Wait();
    }

    /// <summary>As the program itself: the shells around it have its words in their own command lines.</summary>
    private static bool IsRunning(string command) => Processes.Named(command).Any(pid => Processes.ProgramOf(pid) == command.Split(' ')[0]);
}
