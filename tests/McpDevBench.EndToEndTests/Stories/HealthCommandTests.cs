using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary><c>mcp-devbench health</c>: the health check of an image that holds nothing but the server.</summary>
public sealed class HealthCommandTests
{
    [Fact]
    public async Task Its_exit_code_says_whether_the_server_of_the_settings_is_ready()
    {
        await using var server = await ServerProcess.Started();
        var ready = await Health(server.Port);
        Assert.Equal((0, """{"status":"ready"}"""), (ready.ExitCode, ready.Output.Trim()));

        await server.Stop();
        var down = await Health(server.Port);
        Assert.Equal(1, down.ExitCode);
        Assert.Contains($"no answer from http://127.0.0.1:{server.Port}/health/ready", down.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_its_engine_is_not_ready_and_the_failing_check_is_named()
    {
        await using var server = new ServerProcess(
            new Dictionary<string, string> { ["MCP_DOCKER_HOST"] = "unix:///nonexistent/docker.sock" });
        await server.Start();
        await server.Answers("health/live");
        var result = await Health(server.Port);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("docker", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_setting_is_exit_code_2() =>
        Assert.Equal(2, (await Command.Run(Repository.Binary, "health", "--port", "none")).ExitCode);

    private static Task<Command> Health(int port) =>
        Command.Run(Repository.Binary, ["health"], new Dictionary<string, string> { ["MCP_PORT"] = $"{port}" });
}
