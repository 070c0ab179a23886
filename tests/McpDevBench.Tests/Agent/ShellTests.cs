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

    [Theory]
    [MemberData(nameof(PipeScripts.All), MemberType = typeof(PipeScripts))]
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
        var reporting = PipeScript.Reporting(script.Replace("self", "it", StringComparison.Ordinal), [])!.Replace("/it/", "/self/",
            StringComparison.Ordinal);
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
        foreach (var script in new[] { $"{first} | {second}", $"false | true; {first} | {second}; echo after",
            $"({first} | {second}); echo after" })
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
        Assert.Contains(record.WaitForBackground().Processes, process
            => process.Name.StartsWith("bash -c false | true; (while", StringComparison.Ordinal));
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
        Assert.True(SpinWait.SpinUntil(() => programs.All(IsRunning), AgentClient.Timeout), "the programs of the pipe do not run");
        _client.Signal(plan.Key, signal);
        return record.Wait();
    }

    /// <summary>As the program itself: the shells around it have its words in their own command lines.</summary>
    private static bool IsRunning(string command) => Processes.Named(command).Any(pid => Processes.ProgramOf(pid) == command.Split(' ')[0]);
}
