using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Timeout, cancel and kill leave no process of the exec alive, whatever it did to stay.</summary>
public sealed class SurvivorTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    // Each says "up" once it has done what it can to outlive its exec.
    private static readonly Dictionary<string, string> _programs = new()
    {
        ["it traps TERM"] = "trap '' TERM INT HUP; echo up; while :; do sleep 1; done",
        ["setsid and nohup"] = "setsid nohup sh -c 'trap \"\" TERM; echo up; while :; do sleep 1; done' & wait",
        ["a double fork"] = "(setsid sh -c '(trap \"\" TERM HUP; echo up; exec sleep 1000000) & exit 0' &) ; exec sleep 1000000",
        ["an emptied environment"] = "setsid env -i /bin/sh -c 'trap \"\" TERM; echo up; /bin/sleep 1000000; /bin/sleep 1000000' & wait",
        ["a child that holds stdout"] = "(trap '' TERM; exec sleep 1000000) & echo up; trap '' TERM; wait; wait; sleep 1000000",
        ["a stopped child"] = "sh -c 'kill -STOP $$; sleep 1000000' & echo up; exec sleep 1000000",
    };

    // Every process forks for ever, so whatever is killed is replaced for as long as one is missed.
    private const string ForkLoop = """
        import os
        print("up", flush=True)
        while True:
            try:
                if os.fork() == 0:
                    os.setsid()
            except OSError:
                pass
        """;

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var end in new[] { "timeout", "cancel", "signal" })
        {
            foreach (var name in _programs.Keys)
                cases.Add(end, name);
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Nothing_survives(string end, string program)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        await EndsWithoutSurvivors(workspace, ["sh", "-c", _programs[program]], end);
        await workspace.Kill();
    }

    [Theory]
    [InlineData("timeout")]
    [InlineData("cancel")]
    [InlineData("signal")]
    public async Task Nothing_survives_of_a_fork_loop_at_the_process_limit(string end)
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        await EndsWithoutSurvivors(workspace, ["python", "-c", ForkLoop], end);
        Assert.Equal("usable", await workspace.Sh("echo usable"));
        await workspace.Kill();
    }

    [Fact]
    public async Task Kill_takes_the_whole_container_with_it()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Python);
        var dockerId = await workspace.DockerId();
        foreach (var program in _programs.Values.Take(3))
            await (await workspace.ExecStart(program)).ReadUntil("up\n");
        await (await workspace.ExecStart(["python", "-c", ForkLoop])).ReadUntil("up\n");

        await workspace.Kill(("force", true));

        await ProcessTable.NoneBut([], dockerId);
        Assert.Empty(await DockerHost.ContainersOf(workspace.Id));
        Assert.Empty(await DockerHost.VolumesOf(workspace.Id));
    }

    [Fact]
    public async Task A_background_child_that_keeps_the_pipe_open_does_not_hold_the_exec()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var answer = await workspace.Exec("sleep 1000 & echo done; exit 3", ("wait_ms", 20_000));
        Assert.Equal(("background", "exited", 3, "done\n"), (answer.Status, answer.Outcome, answer.ExitCode, answer.Stdout));
    }

    private static async Task EndsWithoutSurvivors(Workspace workspace, string[] program, string end)
    {
        var dockerId = await workspace.DockerId();
        var before = ProcessTable.Of(dockerId);
        var exec = await workspace.ExecStart(program, ("timeout_s", end == "timeout" ? 2 : 600));
        await exec.ReadUntil("up\n");

        string outcome;
        switch (end)
        {
            case "timeout":
                outcome = "timed_out";
                break;
            case "cancel":
                Assert.Equal("cancelled", (await exec.Cancel(graceS: 1)).Outcome);
                outcome = "cancelled";
                break;
            default:
                await exec.Signal("KILL");
                outcome = "signaled";
                break;
        }

        Assert.Equal(outcome, (await exec.ReadToEnd()).Last!.Outcome);
        await ProcessTable.NoneBut(before, dockerId);
    }
}
