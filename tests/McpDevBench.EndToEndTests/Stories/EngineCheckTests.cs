using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>An operator learns at start, and not from the first workspace, that the engine is unfit or unsafe.</summary>
public sealed class EngineCheckTests
{
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_runtime_that_the_engine_does_not_have_is_a_warning_with_those_that_it_has()
    {
        await using var server = await ServerProcess.Started(("MCP_CONTAINER_RUNTIME", "no-such-runtime"));
        await Deadline.Until(
            () => Task.FromResult(
                Warns(server, "MCP_CONTAINER_RUNTIME is not a runtime of the Docker Engine")), _timeout, "the warning is in the log");
        var line = Line(server, "MCP_CONTAINER_RUNTIME is not a runtime");
        Assert.Contains("no-such-runtime", line, StringComparison.Ordinal);
        Assert.Contains("runc", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_without_TLS_is_a_warning_also_while_it_does_not_answer()
    {
        await using var server = new ServerProcess(
            new Dictionary<string, string> { ["MCP_DOCKER_HOST"] = $"tcp://127.0.0.1:{Ports.Free()}" });
        await server.Start();
        await server.Answers("health/live");
        await Deadline.Until(() => Task.FromResult(Warns(server, "Docker API without TLS")), _timeout, "the warning is in the log");
    }

    [Fact]
    public async Task A_usual_engine_is_none()
    {
        await using var server = await ServerProcess.Started();
        await server.Stop();
        Assert.False(Warns(server, "Docker API without TLS") || Warns(server, "MCP_CONTAINER_RUNTIME"));
    }

    private static bool Warns(ServerProcess server, string words) => Line(server, words).Contains("\"WARNING\"", StringComparison.Ordinal);

    private static string Line(ServerProcess server, string words) =>
        server.Log.Split('\n').FirstOrDefault(line => line.Contains(words, StringComparison.Ordinal)) ?? "";
}
