using System.Diagnostics;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>An exec writes more than anybody can keep.</summary>
[Collection(Alone.Name)]
public sealed class FloodTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const long Flood = 2L << 30;
    private const long ServerCap = 256L << 20;
    private const long AgentCap = 64L << 20;

    [Fact]
    public async Task Two_gigabytes_of_output_cost_little_memory_and_nobody_else_any_time()
    {
        await using var assistant = await server.Connect();
        var loud = await assistant.Spawn(Images.Python);
        var quiet = await assistant.Spawn(Images.Busybox);
        await quiet.Write("note.txt", "quiet");

        var exec = await loud.ExecStart("echo HEAD; yes | head -c 2G; echo TAIL");
        var ended = exec.Ended();
        var calls = new List<double>();
        while (!ended.IsCompleted)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.Equal("quiet", (await quiet.Read("note.txt")).Content);
            calls.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        var end = await ended;

        Assert.Equal(("exited", 0), (end.Outcome, end.ExitCode));
        Assert.Equal(Flood + "HEAD\nTAIL\n".Length, end.Usage!.StdoutBytes);
        calls.Sort();
        Assert.True(
            calls[calls.Count / 2] < 100,
            $"half of {calls.Count} calls in another workspace took longer than {calls[calls.Count / 2]:F1} ms");
        Assert.True(calls[^1] < 5_000, $"a call in another workspace took {calls[^1]:F0} ms");
        await MemoryIsWithinItsCaps(loud);

        var kept = await ReadWhatIsKept(exec);
        Assert.StartsWith("HEAD\ny\ny\n", kept.Head, StringComparison.Ordinal);
        Assert.EndsWith("y\ny\nTAIL\n", kept.Tail, StringComparison.Ordinal);
        Assert.InRange(kept.Bytes, 48L << 20, 64L << 20);
        Assert.Equal(end.Usage.StdoutBytes, kept.Bytes + kept.Dropped);
    }

    [Fact]
    public async Task A_flood_that_is_read_as_it_comes_arrives_in_order()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("seq 1 1000000");
        var read = await exec.ReadToEnd();
        Assert.Equal(string.Concat(Enumerable.Range(1, 1_000_000).Select(n => $"{n}\n")), read.Stdout);
        await MemoryIsWithinItsCaps(workspace);
    }

    private static async Task<(string Head, string Tail, long Bytes, long Dropped)> ReadWhatIsKept(RunningExec exec)
    {
        var page = await exec.Poll(-1, 0, ("max_bytes", 262_144));
        var (head, bytes, dropped) = (page.Text, (long)page.Text.Length, 0L);
        while (!page.Complete)
        {
            page = await exec.Poll(page.NextSeq, 0, ("max_bytes", 262_144));
            bytes += page.Text.Length;
            dropped += page.Truncated?.Dropped ?? 0;
        }
        return (head, page.Text, bytes, dropped);
    }

    private async Task MemoryIsWithinItsCaps(Workspace workspace)
    {
        var agent = Assert.Single(
            ProcessTable.Of(await workspace.DockerId()), process => process.Command.Contains("devbench-agent", StringComparison.Ordinal));
        Assert.InRange(ProcessTable.PeakMemory(agent.Id), 0, AgentCap);
        Assert.InRange(ProcessTable.PeakMemory(server.ProcessId), 0, ServerCap);
    }
}
