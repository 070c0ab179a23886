using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;
using ModelContextProtocol.Client;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The same server as a child of its client, over standard input and output.</summary>
public sealed class StdioTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("2025-11-25")]
    public async Task A_client_that_starts_the_server_itself_can_do_the_same_work(string? protocolVersion)
    {
        using var folder = new TemporaryFolder();
        var settings = new Dictionary<string, string?>
        {
            ["MCP_STATE_DB"] = folder["state.db"],
            ["MCP_AUDIT_LOG_FILE"] = folder["audit.log"],
            ["MCP_WARM_POOL_ENABLED"] = "false",
            ["MCP_TOOLSETS"] = "workspace,exec,files,operator",
            ["MCP_METRICS_ENABLED"] = "false",
            ["MCP_DOCKER_HOST"] = await DockerHost.Address,
        };
        var log = new List<string>();
        var transport = new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = Repository.Binary,
            Arguments = ["stdio"],
            EnvironmentVariables = settings,
            WorkingDirectory = folder.Path,
            ShutdownTimeout = TimeSpan.FromSeconds(20),
            StandardErrorLines = line =>
            {
                lock (log)
                    log.Add(line);
            },
        });
        var client = await McpClient.CreateAsync(transport, new McpClientOptions { ProtocolVersion = protocolVersion }, cancellationToken: TestContext.Current.CancellationToken);
        string id;
        await using (var assistant = new Assistant(client, new()))
        {
            var workspace = await assistant.Spawn(Images.Busybox);
            id = workspace.Id;
            await workspace.Write("hello.sh", "echo hello, $1");
            Assert.Equal("hello, stdio", await workspace.Sh("sh hello.sh stdio"));
            var exec = await workspace.ExecStart("cat", ("stdin_open", true));
            await exec.Input("typed\n", eof: true);
            Assert.Equal("typed\n", (await exec.ReadToEnd()).Stdout);
            await Refused.With("file_not_found", () => workspace.Read("missing"));
            await workspace.Kill(("force", true));
        }
        Assert.Empty(await DockerHost.ContainersOf(id));
        Assert.Empty(await DockerHost.VolumesOf(id));
    }
}
