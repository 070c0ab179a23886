using System.Diagnostics;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using McpDevBench.EndToEndTests.Stories;

namespace McpDevBench.EndToEndTests.Attacks;

/// <summary>Hundreds of processes that use every moment of a small share of a processor.</summary>
[Collection(Alone.Name)]
public sealed class BusyWorkspaceTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const string Burn = "i=0; while [ $i -lt 240 ]; do (while :; do :; done) & i=$((i+1)); done; echo busy; wait";

    /// <summary>Before the CPU limit was lifted for it, Docker gave up after 10 s and the processes went on for minutes.</summary>
    [Fact]
    [Attack("240 busy processes with 0.1 CPU, against kill")]
    public async Task A_starved_workspace_can_be_killed_and_is_gone_when_kill_reports_it()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("cpus", 0.1));
        await (await workspace.ExecStart(Burn)).ReadUntil("busy\n");
        var started = Stopwatch.GetTimestamp();
        var killed = await workspace.Kill(("force", true));
        AttackFigures.Add($"kill {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
        Assert.Equal("removed", killed.Status);
        Assert.Empty(await DockerHost.ContainersOf(workspace.Id));
        Assert.Empty((await assistant.ListContainers(("include_stopped", true))).Containers);
    }
}
