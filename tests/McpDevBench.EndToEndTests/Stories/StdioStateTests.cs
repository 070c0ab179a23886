using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using ModelContextProtocol.Client;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A client starts the server in its own folder, often a project: nothing of the server's is left there.</summary>
public sealed class StdioStateTests
{
    [Fact]
    public async Task State_goes_to_the_users_state_directory_and_a_second_server_on_it_gets_one_sentence()
    {
        using var project = new TemporaryFolder();
        using var state = new TemporaryFolder();
        var settings = new Dictionary<string, string?>
        {
            ["MCP_METRICS_ENABLED"] = "false",
            ["MCP_DOCKER_HOST"] = await DockerHost.Address,
            ["XDG_STATE_HOME"] = state.Path,
        };
        var transport = new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = Repository.Binary,
            Arguments = ["stdio"],
            EnvironmentVariables = settings,
            WorkingDirectory = project.Path,
            ShutdownTimeout = TimeSpan.FromSeconds(20),
        });
        await using (await McpClient.CreateAsync(transport, cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.True(File.Exists(Path.Combine(state.Path, "mcp-devbench", "state.db")));
            Assert.Empty(Directory.EnumerateFileSystemEntries(project.Path));

            var second = await Command.Run(
                Repository.Binary, ["stdio"], settings.ToDictionary(setting => setting.Key, setting => setting.Value!));
            Assert.Equal((1, ""), (second.ExitCode, second.Output));
            var line = Assert.Single(second.Errors.TrimEnd('\n').Split('\n'), line => !line.StartsWith('{'));
            Assert.StartsWith(
                $"mcp-devbench: The database {Path.Combine(state.Path, "mcp-devbench", "state.db")} is in use by another mcp-devbench.",
                line, StringComparison.Ordinal);
            Assert.Contains("MCP_STATE_DB", line, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("python:3.12-slim", "quay.io", null, "MCP_DEFAULT_IMAGE_ALIAS=python:3.12-slim is not allowed: the registry docker.io")]
    [InlineData(
        "python:3.12-slim", "docker.io", "node", "MCP_DEFAULT_IMAGE_ALIAS=python:3.12-slim is not allowed: docker.io/library/python")]
    [InlineData("Not An Image", "docker.io", null, "MCP_DEFAULT_IMAGE_ALIAS=Not An Image is not allowed")]
    public async Task A_default_image_that_policy_refuses_is_an_error_at_the_start(
        string image, string registries, string? images, string expected)
    {
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string>
        {
            ["MCP_STATE_DB"] = folder["state.db"],
            ["MCP_DEFAULT_IMAGE_ALIAS"] = image,
            ["MCP_ALLOWED_REGISTRIES"] = registries,
            ["MCP_ALLOWED_IMAGES"] = images ?? "*",
        };
        var started = await Command.Run(Repository.Binary, ["serve"], settings);
        Assert.Equal(2, started.ExitCode);
        Assert.StartsWith($"mcp-devbench: {expected}", Assert.Single(started.Errors.TrimEnd('\n').Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("devbench-test/python:1", "devbench-test/*", false, "from the image devbench-test/python:1.", "have no network")]
    [InlineData("devbench-test/busybox:1", "devbench-test/*", false, "list_images", "have no network")]
    [InlineData("devbench-test/busybox:1", "*", true, "from the image python:3.12-slim.", "network=bridge")]
    public async Task Prompts_name_an_image_and_a_network_that_policy_allows(
        string image, string allowed, bool network, string spawn, string installing)
    {
        await using var server = await ServerProcess.Started(
            ("MCP_DEFAULT_IMAGE_ALIAS", image), ("MCP_ALLOWED_IMAGES", allowed), ("MCP_ALLOW_NETWORK", network ? "true" : "false"));
        await using var assistant = await server.Connect();
        var prompt = await assistant.Client.GetPromptAsync("setup_python", cancellationToken: TestContext.Current.CancellationToken);
        var text = Assert.IsType<ModelContextProtocol.Protocol.TextContentBlock>(Assert.Single(prompt.Messages).Content).Text;
        Assert.Contains(spawn, text, StringComparison.Ordinal);
        Assert.Contains(installing, text, StringComparison.Ordinal);
        // One that was asked for is checked too.
        var refused = await Assert.ThrowsAnyAsync<ModelContextProtocol.McpException>(async () => await assistant.Client.GetPromptAsync(
            "setup_python", new Dictionary<string, object?> { ["image"] = "quay.io/x" },
            cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("quay.io/x", refused.Message, StringComparison.Ordinal);
        Assert.Contains("may not be used", refused.Message, StringComparison.Ordinal);
    }
}
