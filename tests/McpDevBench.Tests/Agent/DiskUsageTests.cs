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

    [Fact]
    public void Directories_take_their_blocks_too()
    {
        using var agent = new AgentProcess();
        using var client = agent.Connect();
        var before = Ask(client, agent.Workspace);
        for (var index = 0; index < 100; index++)
            Directory.CreateDirectory(agent[$"d{index}"]);
        var each = Process.Start(new ProcessStartInfo("stat", ["-c", "%b", agent["d0"]]) { RedirectStandardOutput = true })!;
        var blocks = ulong.Parse(each.StandardOutput.ReadToEnd(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(100 * blocks * 512, Ask(client, agent.Workspace).Bytes - before.Bytes);
    }

    [Fact]
    public void The_room_of_a_file_system_is_that_which_the_kernel_reports()
    {
        using var agent = new AgentProcess();
        using var client = agent.Connect();
        var free = client.Call(Opcode.DiskFree, new DiskFreeRequest(agent.Workspace).Write, DiskFree.Read);
        var drive = new DriveInfo(agent.Workspace);
        Assert.Equal((ulong)drive.TotalSize, free.TotalBytes);
        Assert.InRange(free.Bytes, 1UL, free.TotalBytes);
        Assert.InRange(free.Inodes, 0UL, free.TotalInodes);
    }

    [Theory]
    [InlineData(2UL, 1UL, 0UL, 0UL)]
    [InlineData(1UL, 1UL, 2UL, 1UL)]
    [InlineData(1UL, ulong.MaxValue, 0UL, 0UL)]
    public void What_no_file_system_has_is_not_believed(ulong bytes, ulong totalBytes, ulong inodes, ulong totalInodes)
    {
        var message = new MessageWriter { Version = Protocol.Version };
        new DiskFree(bytes, totalBytes, inodes, totalInodes).Write(message);
        Assert.Throws<ProtocolException>(() =>
        {
            var reader = new MessageReader(message.Written) { Version = Protocol.Version };
            return DiskFree.Read(ref reader);
        });
    }

    private static DiskUsage Ask(AgentClient client, params string[] roots) =>
        client.Call(Opcode.DiskUsage, new DiskUsageRequest(roots, MaxEntries).Write, DiskUsage.Read);
}
