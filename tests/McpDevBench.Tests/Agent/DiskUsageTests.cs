using System.Diagnostics;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.Agent;

/// <summary>What directories hold on the disk: blocks, not sizes; each hard-linked file once; links not followed.</summary>
public sealed class DiskUsageTests
{
    private const uint MaxEntries = 1000;

    [Fact]
    public void Blocks_are_added_up_over_all_roots()
    {
        using var agent = new AgentProcess();
        using var client = agent.Connect();
        using var other = new TemporaryFolder();
        var before = Ask(client, agent.Workspace, other.Path);
        File.WriteAllBytes(Path.Combine(agent.Workspace, "a"), new byte[1 << 20]);
        Directory.CreateDirectory(Path.Combine(agent.Workspace, "deep", "er"));
        File.WriteAllBytes(Path.Combine(agent.Workspace, "deep", "er", "b"), new byte[2 << 20]);
        File.WriteAllBytes(Path.Combine(other.Path, "c"), new byte[4 << 20]);
        // A sparse file takes what is written of it, a hard link nothing more, and a symbolic link not what it names.
        using (var sparse = File.Create(Path.Combine(agent.Workspace, "sparse")))
            sparse.SetLength(1L << 40);
        using (var ln = Process.Start("ln", [agent["a"], agent["deep/again"]]))
            ln.WaitForExit();
        File.CreateSymbolicLink(Path.Combine(agent.Workspace, "link"), other.Path);

        var after = Ask(client, agent.Workspace, other.Path, "/nonexistent");
        Assert.True(after.IsComplete);
        Assert.InRange(after.Bytes - before.Bytes, 7UL << 20, (7UL << 20) + (64 << 10));
        Assert.Equal(8UL, after.Entries - before.Entries);
    }

    [Fact]
    public void It_stops_at_the_bound_and_says_so()
    {
        using var agent = new AgentProcess();
        using var client = agent.Connect();
        for (var index = 0; index < 20; index++)
            File.WriteAllText(Path.Combine(agent.Workspace, $"{index}"), "x");
        var usage = client.Call(Opcode.DiskUsage, new DiskUsageRequest([agent.Workspace], 10).Write, DiskUsage.Read);
        Assert.Equal((10UL, false), (usage.Entries, usage.IsComplete));
    }

    private static DiskUsage Ask(AgentClient client, params string[] roots) =>
        client.Call(Opcode.DiskUsage, new DiskUsageRequest(roots, MaxEntries).Write, DiskUsage.Read);
}
