using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using McpDevBench.EndToEndTests.Stories;

namespace McpDevBench.EndToEndTests.Attacks;

/// <summary>
/// An agent that greets as it should and then sends whatever it likes, as fast as it is taken, on every stream that it gets.
/// </summary>
[Collection(Alone.Name)]
public sealed class FalseAgentTests
{
    private const int Reads = 100;
    private const byte ExecOutput = 9, ExecExited = 10, Pong = 13;

    /// <summary>Long enough for several attempts of the server's to connect again.</summary>
    private static readonly TimeSpan _span = TimeSpan.FromSeconds(8);

    /// <summary>The issue's bar: what any agent may cost the server, at any rate.</summary>
    private const double MaxMemoryMb = 4, MaxCpu = 0.05, MaxP95Ratio = 2;

    /// <summary>Latencies of a few milliseconds vary on a machine that is busy itself: the best of some windows counts.</summary>
    private const int Windows = 3;

    [Theory]
    [InlineData("ends of commands that nobody started", ExecExited, 66)]
    [InlineData("output of commands that nobody started", ExecOutput, 4096)]
    [InlineData("the largest frames", ExecOutput, 1 << 20)]
    [InlineData("blind pongs", Pong, 16)]
    [Attack("a false agent floods the server")]
    public async Task A_false_agent_costs_the_server_and_its_neighbours_little(string what, byte kind, int length)
    {
        using var folder = new TemporaryFolder();
        using var proxy = new EngineProxy(folder["docker.sock"], await DockerHost.SocketPath());
        await using var server = await ServerProcess.Started(("MCP_DOCKER_HOST", $"unix://{folder["docker.sock"]}"));
        await using var assistant = await server.Connect();
        var (neighbour, hostile) = (await assistant.Spawn(Images.Busybox), await assistant.Spawn(Images.Busybox));
        await neighbour.Write("note", "quiet");
        await hostile.Write("note", "quiet");
        var quiet = await Honest(server, proxy, neighbour, hostile);
        proxy.FloodAttach(await hostile.DockerId(), Frames(kind, length));
        var flooded = new List<Cost>();
        for (var i = 0; i < Windows; i++)
            flooded.Add(await CostOf(server, neighbour));
        var memory = flooded.Max(cost => cost.MemoryMb) - quiet.MemoryMb;
        var cpu = flooded.Average(cost => cost.Cpu) - quiet.Cpu;
        var p95 = flooded.Min(cost => cost.P95);
        AttackFigures.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {proxy.Flooded >> 10} KiB taken, memory {memory:+0.0;-0.0} MiB, {100 * Math.Max(0, cpu):0.0} % of a core, "
                + $"P95 {p95:0.0} ms (honest {quiet.P95:0.0})"));
        Assert.True(proxy.Flooded > 0, "the flood has begun");
        Assert.InRange(memory, -1000, MaxMemoryMb);
        Assert.InRange(cpu, -1, MaxCpu);
        Assert.True(p95 <= MaxP95Ratio * quiet.P95, $"P95 {p95} ms, {quiet.P95} ms beside an honest agent");
    }

    /// <summary>
    /// What the same traffic costs from an honest agent: commands, output as fast as it is taken, and new connections. The heap, the pools
    /// and the stacks of the server have their size then, and its code is in memory.
    /// </summary>
    private static async Task<Cost> Honest(ServerProcess server, EngineProxy proxy, Workspace neighbour, Workspace hostile)
    {
        for (var i = 0; i < 6; i++)
        {
            await hostile.Exec("head -c 8000000 /dev/zero", ("max_output_bytes", 1000));
            proxy.Cut();
            proxy.Restore();
            await P95(neighbour);
            await P95(hostile);
        }
        var costs = new List<Cost>();
        for (var i = 0; i < Windows; i++)
            costs.Add(await CostOf(server, neighbour));
        return new Cost(costs.Max(cost => cost.MemoryMb), costs.Average(cost => cost.Cpu), costs.Max(cost => cost.P95));
    }

    private static byte[] Frames(byte kind, int length)
    {
        var frame = new byte[12 + length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, length);
        frame[4] = kind;
        Random.Shared.NextBytes(frame.AsSpan(12));
        return [.. Enumerable.Repeat(frame, Math.Max(1, 32_768 / frame.Length)).SelectMany(bytes => bytes)];
    }

    /// <summary>What the server needs while nothing is asked of it, at most, and how long a neighbour waits right afterwards.</summary>
    private static async Task<Cost> CostOf(ServerProcess server, Workspace neighbour)
    {
        using var process = Process.GetProcessById(server.ProcessId);
        var (began, used, memory) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime, 0L);
        while (Stopwatch.GetElapsedTime(began) < _span)
        {
            memory = Math.Max(memory, ProcessTable.OwnMemory(server.ProcessId));
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        process.Refresh();
        var cpu = (process.TotalProcessorTime - used) / Stopwatch.GetElapsedTime(began);
        return new Cost(memory / 1048576.0, cpu, await P95(neighbour));
    }

    private static async Task<double> P95(Workspace workspace)
    {
        var latencies = new List<double>();
        for (var i = 0; i < Reads; i++)
        {
            var started = Stopwatch.GetTimestamp();
            Assert.Equal("quiet", (await workspace.Read("note")).Content);
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        return latencies.Order().ElementAt((int)(Reads * 0.95) - 1);
    }

    private sealed record Cost(double MemoryMb, double Cpu, double P95);
}
