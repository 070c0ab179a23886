using System.Diagnostics;
using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>
/// The agent reads its control group, whatever the kernel's version of it; each test has a mount of its own in the place of the kernel's.
/// </summary>
public sealed class UsageTests : IDisposable
{
    private static readonly string[] _ownMounts = ["--map-root-user", "--mount"];

    private readonly TemporaryFolder _group = new();

    public void Dispose() => _group.Dispose();

    [Fact]
    public void Version_two_counts_in_bytes_and_microseconds_and_is_read_anew_each_time()
    {
        Put("memory.current", "123456789\n");
        Put("cpu.stat", "usage_usec 4567\nuser_usec 4000\nsystem_usec 567\nnr_periods 0\n");
        using var agent = Start();
        using var client = agent.Connect();
        Assert.Equal(new ContainerUsage(123456789, 4567), client.Usage());
        Put("memory.current", "99\n");
        Put("cpu.stat", "usage_usec 5000000000\nuser_usec 1\n");
        Assert.Equal(new ContainerUsage(99, 5_000_000_000), client.Usage());
    }

    [Fact]
    public void Version_one_counts_in_bytes_and_nanoseconds()
    {
        Put("memory/memory.usage_in_bytes", "2912256\n");
        Put("cpuacct/cpuacct.usage", "28486410\n");
        Assert.Equal(new ContainerUsage(2912256, 28486), Asked());
    }

    [Fact]
    public void Without_the_files_it_is_not_known() => Assert.Equal(new ContainerUsage(null, null), Asked());

    [Fact]
    public void What_only_the_host_s_whole_tree_has_is_not_the_container_s()
    {
        Put("cpu.stat", "usage_usec 4567\n");
        Assert.Equal(new ContainerUsage(null, null), Asked());
    }

    [Theory]
    [InlineData("")]
    [InlineData("max\n")]
    [InlineData("-1\n")]
    [InlineData("99999999999999999999\n")]
    public void What_is_no_number_is_not_known(string text)
    {
        Put("memory.current", text);
        Put("cpu.stat", $"usage_usec {text}");
        Assert.Equal(new ContainerUsage(null, null), Asked());
    }

    [Fact]
    public void It_opens_nothing_for_it_and_is_answered_when_every_descriptor_is_taken()
    {
        Put("memory.current", "1\n");
        Put("cpu.stat", "usage_usec 2\n");
        using var agent = Start();
        using var client = agent.Connect();
        using (var limit = Process.Start("prlimit", ["--nofile=3:3", "--pid", $"{agent.Pid}"]))
            limit.WaitForExit();
        Assert.Equal(AgentStatus.Exhausted, StatusOf(() => client.List("")));
        Assert.Equal(new ContainerUsage(1, 2), client.Usage());
    }

    private ContainerUsage Asked()
    {
        using var agent = Start();
        using var client = agent.Connect();
        return client.Usage();
    }

    private AgentProcess Start()
    {
        using var attempt = Process.Start("unshare", [.. _ownMounts, "true"]);
        attempt.WaitForExit();
        Assert.SkipUnless(attempt.ExitCode == 0, "this machine does not let its users have mounts of their own");
        return new AgentProcess(["unshare", .. _ownMounts, "sh", "-c", "mount --bind \"$0\" /sys/fs/cgroup && exec \"$@\"", _group.Path]);
    }

    private void Put(string name, string text)
    {
        var path = _group[name];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
