using McpDevBench.AgentProtocol;
using McpDevBench.Execs;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>Scripts run by bash, with and without a report of the last pipe, are what they are under plain <c>bash -c</c>.</summary>
public sealed class ShellTests : IDisposable
{
    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public ShellTests() => _client = _agent.Connect();

    public void Dispose() => _agent.Dispose();

    /// <summary>The exit codes that are reported, or none where it is not certain that they can be.</summary>
    public static TheoryData<string, string> Scripts => new()
    {
        { "false | true", "1 0" },
        { "true | true", "0 0" },
        { "sh -c 'exit 3' | cat | sh -c 'cat; exit 4'", "3 0 4" },
        { "echo hi |& cat", "0 0" },
        { "cd / && pwd | tail -1", "0 0" },
        { "export A=1 B='x y'; echo \"$A $B\" | cat", "0 0" },
        { "false | true # done", "" },
        { "false | true\n# done\n", "" },
        { "false | cat x\\ ", "" },
        { "echo one\n\ntrue \\\n  | sh -c 'kill -9 $$'\n", "0 137" },
        { "echo one; false |\\\n  sh -c 'kill -9 $$'; echo \\\n two |cat ;\n;", "" },
        { "false || sh -c 'echo out; echo err >&2; exit 2' 2>&1 | cat", "2 0" },
        { "echo one > f\necho two >> f\n\n# a comment | with a pipe\ncat f | wc -l\n", "0 0" },
        { "A=1 sh -c 'exit $A' | cat;", "1 0" },
        { "false |\\\n  cat", "1 0" },
        { "sleep 0 & wait; false | cat", "1 0" },
        { "set -o pipefail; false | true", "1 0" },
        { "set -e; true | false", "" },
        { "set -e\nfalse\necho no | cat", "" },
        { "set -euo pipefail\necho \"${A:-unset}\" | cat", "0 0" },
        { "set -u; echo \"$NO_SUCH\" | cat", "127 0" },
        { "exit 7; false | true", "" },
        { "false | true || exit 5; false | cat", "1 0" },
        { "false; echo $? | cat", "0 0" },
        { "true | sh -c 'exit 9'; echo $?", "" },
        { "echo $0 $- $1 | cat", "0 0" },
        { "echo $LINENO\necho $LINENO | cat", "0 0" },
        { "no-such-command-here | cat", "127 0" },
        { "cat < no-such-file | cat", "1 0" },
        { "echo \"a | b\" 'c | d' e\\|f | cat", "0 0" },
        { "sh -c 'kill -9 $$' | cat", "137 0" },
        { "cat | sh -c 'kill -9 $$'", "0 137" },
        { "sh -c 'kill -TERM $PPID; sleep 1' | cat", "" },
        { "ls /dev/null | grep in | sort", "0 1 0" },
        { "yes | head -1", "141 0" },
        { "echo hi >&2 | cat", "0 0" },
        { "cd /no-such-folder && make | tail", "" },
        { "true", "" },
        { "exit 3", "" },
        { "echo x; ", "" },
        { "trap 'echo bye' EXIT; false | true", "" },
        { "exec 5>&1; false | true", "" },
        { "exec echo replaced", "" },
        { "exec sh -c 'exit 4' | cat", "" },
        { "f() { return 3; }; f | cat", "" },
        { "for i in 1 2; do echo $i | cat; done", "" },
        { "if true; then false | true; fi", "" },
        { "while read x; do echo $x; done < /etc/hostname | cat", "" },
        { "(exit 3) | cat", "" },
        { "{ false; } | cat", "" },
        { "! false | true", "" },
        { "TIMEFORMAT=timed; time true | true", "" },
        { "[[ a == a ]] && false | true", "" },
        { "echo $(false | true) | cat", "" },
        { "echo `date +%Y` | cat", "" },
        { "cat <<END | cat\nline | line\nEND", "" },
        { "cat <<< hi | cat", "" },
        { "false | true &", "" },
        { "false | true & wait", "" },
        { "echo \"unterminated | cat", "" },
        { "echo one\necho 'unterminated | cat\n", "" },
        { "echo one\nfi | cat", "" },
        { "echo one\n| cat", "" },
        { "echo one\necho two >\necho three | cat", "" },
        { "echo one |", "" },
        { "echo one ;; echo two | cat", "" },
        { "echo one && | cat", "" },
        { "diff <(echo a) <(echo b) | cat", "" },
        { "echo ${BASH_VERSINFO[0]} | cat", "" },
        { "echo ${#PIPESTATUS[@]} | cat", "" },
        { "set -x; : | :", "" },
        { "set -v; echo shown | cat", "" },
        { "shopt -s lastpipe; echo a | read x; echo $x | cat", "" },
        { "ulimit -n 20; echo hi | cat", "" },
        { "X=exec; $X echo replaced | cat", "" },
        { "alias ll=ls; ll | cat", "" },
        { "unset PATH; echo | cat", "" },
        { "kill -TERM $$; true | cat", "" },
        { "ls /proc/self/fd | wc -l", "" },
        { "echo 97 | cat", "" },
    };

    [Theory]
    [MemberData(nameof(Scripts))]
    public void A_script_is_the_same_as_under_plain_bash_and_reports_only_what_is_certain(string script, string codes)
    {
        var plain = Run(Plan(["bash", "-c", script]));
        var ours = Run(Plan(["sh", "-c", script]) with { PrefersBash = true, ReportsPipe = PipeScript.MayReport(script, ["PATH"]) });
        Assert.Equal(plain.Seen, ours.Seen);
        Assert.Equal(codes, string.Join(' ', ours.Exited.Details.PipeCodes));
        Assert.Equal("bash", ours.Exited.Details.Shell);
    }

    [Fact]
    public void The_report_s_descriptor_is_inherited_by_no_child()
    {
        var script = "sh -c 'ls -l /proc/self/fd' | cat";
        var plain = Run(Plan(["bash", "-c", script]));
        var ours = Run(Plan(["sh", "-c", script]) with { PrefersBash = true, ReportsPipe = true });
        Assert.Equal(Descriptors(plain.Stdout), Descriptors(ours.Stdout));
        Assert.Equal([0, 0], ours.Exited.Details.PipeCodes);

        static IEnumerable<string> Descriptors(string list) =>
            list.Split('\n').Skip(1).Where(line => line.Length > 0)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[8]);
    }

    [Fact]
    public void A_signal_ends_it_as_it_ends_plain_bash()
    {
        // Signals are sent once both programs of the pipe run: bash handles an INT before that differently.
        var (first, second) = ($"sleep {Environment.ProcessId}.1", $"sleep {Environment.ProcessId}.2");
        var script = $"{first} | {second}";
        foreach (var signal in new byte[] { 2, 15, 1 })
        {
            var plain = Signaled(Plan(["bash", "-c", script]), signal, first, second);
            var ours = Signaled(Plan(["sh", "-c", script]) with { PrefersBash = true, ReportsPipe = true }, signal, first, second);
            Assert.Equal((plain.End, plain.Code, plain.Signal), (ours.End, ours.Code, ours.Signal));
        }
    }

    [Fact]
    public void Without_bash_in_its_path_a_script_runs_under_sh()
    {
        _client.Write("bin/sh", "#!/bin/sh\necho fake sh: \"$@\""u8, mode: 0x1ED, parents: true);
        var plan = Plan(["sh", "-c", "false | true"], env: ["PATH=bin"]) with { PrefersBash = true, ReportsPipe = true };
        Assert.Equal("sh", _client.Call(Opcode.ExecStart, plan.Write, ExecStarted.Read).Shell);
        var record = _client.Record(plan.Key);
        Assert.Empty(record.Wait().Details.PipeCodes);
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
