using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using McpDevBench.EndToEndTests.Stories;

namespace McpDevBench.EndToEndTests.Attacks;

/// <summary>An agent that greets as it should and then sends whatever it likes, as fast as it is taken, on every stream that it gets.</summary>
[Collection(Alone.Name)]
public sealed class FalseAgentTests
{
    private const int Reads = 100;
    private const byte ExecOutput = 9, ExecExited = 10, Pong = 13;

    /// <summary>Long enough for several attempts of the server's to connect again.</summary>
    private static readonly TimeSpan _span = TimeSpan.FromSeconds(8);

    [Theory]
    [InlineData("ends of commands that nobody started", ExecExited, 66)]
    [InlineData("output of commands that nobody started", ExecOutput, 4096)]
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
        // Once all is compiled and at its size.
        await P95(neighbour);
        var quiet = await CostOf(server, neighbour);
        proxy.FloodAttach(await hostile.DockerId(), Frames(kind, length));
        // What the first flood compiles is not its cost.
        var first = await CostOf(server, neighbour);
        var flooded = await CostOf(server, neighbour);
        AttackFigures.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: {proxy.Flooded >> 10} KiB taken, memory {first.MemoryMb - quiet.MemoryMb:+0.0;-0.0} MiB, "
                + $"then {flooded.MemoryMb - first.MemoryMb:+0.0;-0.0} MiB, "
                + $"{100 * Math.Max(0, flooded.Cpu - quiet.Cpu):0.0} % of a core, P95 {flooded.P95:0.0} ms (quiet {quiet.P95:0.0})"));
        Assert.True(proxy.Flooded > 0, "the flood has begun");
        // 73 MB became 1.5 GB in seconds before. What the garbage collector does in between is noise of some MiB.
        Assert.InRange(flooded.MemoryMb - quiet.MemoryMb, -1000, 64);
        Assert.True(flooded.Cpu - quiet.Cpu < 0.5, $"{flooded.Cpu} of a core");
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
    private static async Task<(double MemoryMb, double Cpu, double P95)> CostOf(ServerProcess server, Workspace neighbour)
    {
        using var process = Process.GetProcessById(server.ProcessId);
        var (began, used, memory) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime, 0L);
        while (Stopwatch.GetElapsedTime(began) < _span)
        {
            process.Refresh();
            memory = Math.Max(memory, process.WorkingSet64);
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        process.Refresh();
        var cpu = (process.TotalProcessorTime - used) / Stopwatch.GetElapsedTime(began);
        return (memory / 1048576.0, cpu, await P95(neighbour));
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
}
