using System.Diagnostics;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Attacks;

/// <summary>A hostile program in a workspace reaches for its agent, for the bridge to it, and for commands that are not its own.</summary>
public sealed class AgentTests
{
    private const string Burn = "i=0; while [ $i -lt 240 ]; do (while :; do :; done) & i=$((i+1)); done; echo up; wait";

    private static readonly string[] _late = ["timeout", "server_error", "docker_unavailable", "exec_finished"];

    [Fact]
    [Attack("scheduling, limits, signals, /proc, ptrace, users, against the agent and a bridge")]
    public async Task Nothing_that_a_workload_does_reaches_its_agent_or_a_bridge()
    {
        using var folder = new TemporaryFolder();
        using var proxy = new EngineProxy(folder["docker.sock"], await DockerHost.SocketPath());
        await using var server = await ServerProcess.Started(("MCP_DOCKER_HOST", $"unix://{folder["docker.sock"]}"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python, ("memory_mb", 128));
        await AttackTheAgent(workspace, processes: 1);

        // Without attach the server comes back through a bridge: one process more of the agent.
        proxy.Mute("/attach?");
        Assert.Equal("through a bridge", await workspace.Sh("echo through a bridge"));
        await AttackTheAgent(workspace, processes: 2);
    }

    [Fact]
    [Attack("a command takes the mark of another one")]
    public async Task A_command_cannot_take_the_mark_of_another_one()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var dockerId = await workspace.DockerId();
        var before = ProcessTable.Of(dockerId);
        // Each child has a lower limit on locks than the one before, and other groups if it can: marks of before, and of later commands.
        var forger = await workspace.ExecStart(["python", "-c", """
            import os, resource, signal, time
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            for step in range(1, 9):
                if os.fork() == 0:
                    os.setsid()
                    soft, hard = resource.getrlimit(10)
                    limit = (hard if 0 <= hard < 2**31 else 2**31) - step
                    resource.setrlimit(10, (limit, limit))
                    try:
                        os.setgroups([group + step for group in os.getgroups()])
                    except PermissionError:
                        pass
                    time.sleep(1000000)
            print("up", flush=True)
            time.sleep(1000000)
            """]);
        await forger.ReadUntil("up\n");
        var forged = ProcessTable.Of(dockerId);
        Assert.Equal(before.Count + 9, forged.Count);

        for (var i = 0; i < 8; i++)
        {
            var victim = await workspace.ExecStart("echo up; sleep 1000000");
            await victim.ReadUntil("up\n");
            Assert.Equal("cancelled", (await victim.Cancel(graceS: 0)).Outcome);
            await ProcessTable.NoneBut(forged, dockerId);
            Assert.Equal(forged.Count, ProcessTable.Of(dockerId).Count);
        }
        Assert.Equal("cancelled", (await forger.Cancel(graceS: 0)).Outcome);
        await ProcessTable.NoneBut(before, dockerId);
    }

    [Fact]
    [Attack("a command is stopped while it starts")]
    public async Task A_command_that_is_stopped_while_it_starts_holds_no_other_one()
    {
        // Those that it stops later run on.
        await using var server = await ServerProcess.Started(("MCP_MAX_CONCURRENT_EXECS", "48"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        // Stops and slows down whatever gets the next numbers, from the first moment at which it may.
        var stopper = await workspace.ExecStart(["python", "-c", """
            import os, signal
            print("up", flush=True)
            while True:
                last = int(open("/proc/loadavg").read().split()[-1])
                for pid in range(last, last + 4):
                    if pid != os.getpid():
                        try:
                            os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
                            os.kill(pid, signal.SIGSTOP)
                        except OSError:
                            pass
            """]);
        await stopper.ReadUntil("up\n");
        for (var i = 0; i < 30; i++)
            await workspace.ExecStart(["true"]);
        Assert.Equal("cancelled", (await stopper.Cancel(graceS: 0)).Outcome);
        Assert.Equal("usable", await workspace.Sh("echo usable"));
    }

    [Fact]
    [Attack("240 busy processes, against fs_read and exec_cancel")]
    public async Task Two_hundred_and_forty_busy_processes_do_not_keep_the_agent_from_its_work()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("memory_mb", 256));
        await workspace.Write("note.txt", "quiet");
        var idle = await Latencies(workspace, 20);
        var busy = await Busy(workspace);
        var dockerId = await workspace.DockerId();
        var before = await CpuPeriods.Of(dockerId);
        var reads = await Latencies(workspace, 60);
        var periods = await CpuPeriods.Of(dockerId) - before;
        var beside = await workspace.ExecStart("sleep 1000000");
        var started = Stopwatch.GetTimestamp();
        Assert.Equal("cancelled", (await beside.Cancel(graceS: 0)).Outcome);
        var cancelled = Stopwatch.GetElapsedTime(started);
        started = Stopwatch.GetTimestamp();
        Assert.Equal("cancelled", (await busy.Cancel(graceS: 0)).Outcome);
        var since = (long start) => Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        AttackFigures.Add(
            $"fs_read P50 {P(50, reads):F0} ms, P95 {P(95, reads):F0} ms (idle {P(95, idle):F0}), "
                + $"cancels {cancelled.TotalMilliseconds:F0} and {since(started):F0} ms, throttled in {periods.Throttled} of {periods.All} periods");
        // How long a turn takes depends on what else the machine does. That the agent's comes first, and that the kernel does not stop all
        // processes of the workspace in every period, the agent too, does not. A period that is full to its end may count as throttled.
        Assert.True(periods.Throttled <= 1 + periods.All / 2, $"throttled in {periods.Throttled} of {periods.All} periods");
        Assert.EndsWith("\n-10 0\n-10 0", await AgentPosture(workspace), StringComparison.Ordinal);
        Assert.Equal("0", await workspace.Sh("cut -d ' ' -f 19 /proc/self/stat"));
    }

    [Fact]
    [Attack("240 busy processes with 0.05 CPU, against every call")]
    public async Task With_a_twentieth_of_a_processor_every_call_is_answered_in_time_and_a_cancel_works()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("memory_mb", 256));
        await workspace.Write("note.txt", "quiet");
        var busy = await Busy(workspace);
        var dockerId = await workspace.DockerId();
        // Less than spawn allows.
        await DockerHost.Docker("update", "--cpus", "0.05", dockerId);
        Func<Task>[] calls =
        [
            () => workspace.Read("note.txt"), () => workspace.Write("other.txt", "x"), () => workspace.Exec("echo", ("wait_ms", 1_000)),
            () => workspace.List("/workspace"), () => busy.Poll(),
        ];
        var slowest = TimeSpan.Zero;
        foreach (var call in calls)
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                await call().WaitAsync(TimeSpan.FromSeconds(58), TestContext.Current.CancellationToken);
            }
            catch (CallFailedException refused)
            {
                // On a machine that is busy itself; but then it has said so in time.
                Assert.Contains(refused.Refusal.Code, _late);
            }
            slowest = Stopwatch.GetElapsedTime(began) is var took && took > slowest ? took : slowest;
        }
        var started = Stopwatch.GetTimestamp();
        // One is enough, also from a share of a processor in which hundreds of processes would take minutes to end.
        Assert.Equal("cancelled", (await busy.Cancel(graceS: 0)).Outcome);
        AttackFigures.Add($"slowest call {slowest.TotalSeconds:F1} s, cancel {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
        await LimitIs(dockerId, cpus: 1);
    }

    [Theory]
    [InlineData("timed_out")]
    [InlineData("signaled")]
    [Attack("240 busy processes with 0.1 CPU, against a time limit and a KILL")]
    public async Task A_time_limit_and_a_kill_end_a_starved_command_and_the_cpu_limit_is_the_workspaces_again(string outcome)
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("memory_mb", 256), ("cpus", 0.1));
        var dockerId = await workspace.DockerId();
        // They begin with more, which would take minutes otherwise.
        await DockerHost.Docker("update", "--cpus", "1", dockerId);
        var busy = await workspace.ExecStart(Burn, ("timeout_s", outcome == "timed_out" ? 20 : 3600));
        if (outcome == "signaled")
            await busy.ReadUntil("up\n");
        await DockerHost.Docker("update", "--cpus", "0.1", dockerId);
        var started = Stopwatch.GetTimestamp();
        if (outcome == "signaled")
            await busy.Signal("KILL");
        Assert.Equal(outcome, (await busy.Ended()).Outcome);
        AttackFigures.Add($"{outcome} {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");
        await LimitIs(dockerId, cpus: 0.1);
    }

    /// <summary>A moment after the end, the limit is again what spawn was asked for.</summary>
    private static Task LimitIs(string dockerId, double cpus) => Deadline.Until(
        async () => await DockerHost.Docker("inspect", "-f", "{{.HostConfig.NanoCpus}}", dockerId) == $"{cpus * 1e9:F0}",
        $"the CPU limit is {cpus}");

    private static async Task<RunningExec> Busy(Workspace workspace)
    {
        var busy = await workspace.ExecStart(Burn);
        await busy.ReadUntil("up\n");
        return busy;
    }

    private static async Task AttackTheAgent(Workspace workspace, int processes)
    {
        var program = Path.Combine(Repository.Root, "tests", "McpDevBench.EndToEndTests", "Attacks", "agent.py");
        await workspace.Write("attack.py", await File.ReadAllTextAsync(program, TestContext.Current.CancellationToken));
        var before = await AgentPosture(workspace);
        var lines = (await (await workspace.ExecStart(["python", "attack.py"])).ReadToEnd()).All.Split('\n');
        Assert.Equal(processes, lines[0].Split(' ').Length - 1);
        var taken = lines.Where(line => line.StartsWith("TAKEN", StringComparison.Ordinal)).ToList();
        Assert.True(taken.Count == 0, string.Join('\n', taken));
        Assert.Equal("done", lines[^2]);
        Assert.Equal(before, await AgentPosture(workspace));
        Assert.Equal("alive", await workspace.Sh("echo alive"));
    }

    /// <summary>Limits of the agent, and the scheduling of each thread of it, as the host has them.</summary>
    private static async Task<string> AgentPosture(Workspace workspace)
    {
        var pid = await DockerHost.Docker("inspect", "-f", "{{.State.Pid}}", await workspace.DockerId());
        var limits = await File.ReadAllTextAsync($"/proc/{pid}/limits", TestContext.Current.CancellationToken);
        return limits + string.Join('\n', Directory.EnumerateDirectories($"/proc/{pid}/task").Select(task =>
        {
            var stat = File.ReadAllText($"{task}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            // Nice, and the scheduling policy.
            return $"{fields[16]} {fields[38]}";
        }));
    }

    private static async Task<List<double>> Latencies(Workspace workspace, int count)
    {
        var latencies = new List<double>();
        for (var i = 0; i < count; i++)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.Equal("quiet", (await workspace.Read("note.txt")).Content);
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        return latencies;
    }

    private static double P(int percentile, List<double> latencies) =>
        latencies.Order().ElementAt((latencies.Count * percentile / 100) - 1);
}
