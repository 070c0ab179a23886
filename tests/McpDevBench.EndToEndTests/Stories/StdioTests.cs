using System.Net;
using System.Text.RegularExpressions;
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
        var client = await McpClient.CreateAsync(
            transport, new McpClientOptions { ProtocolVersion = protocolVersion },
            cancellationToken: TestContext.Current.CancellationToken);
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
            await Transfers(assistant, workspace);
            await workspace.Kill(("force", true));
        }
        Assert.Empty(await DockerHost.ContainersOf(id));
        Assert.Empty(await DockerHost.VolumesOf(id));
    }

    /// <summary>The instructions and the answers name an address that works, for this client alone.</summary>
    private static async Task Transfers(Assistant assistant, Workspace workspace)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var pattern = Regex.Match(
            assistant.Client.ServerInstructions ?? "",
            @"(http://127\.0\.0\.1:\d+)(/[0-9a-f]{32})/workspaces/\{container_id\}/files\?path=");
        Assert.True(pattern.Success, assistant.Client.ServerInstructions);
        using var http = new HttpClient();
        var address = $"{pattern.Value.Replace("{container_id}", workspace.Id, StringComparison.Ordinal)}large.txt";
        var lines = string.Concat(Enumerable.Range(0, 50_000).Select(number => $"line {number}\n"));
        using var put = await http.PutAsync(address, new StringContent(lines), cancellationToken);
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync(cancellationToken));
        Assert.Equal("50000", await workspace.Sh("wc -l < large.txt"));
        // An answer that is cut states where the whole of it is.
        var hint = (await assistant.Call("fs_read", ("container_id", workspace.Id), ("path", "large.txt")))
            .GetProperty("truncated").GetProperty("hint").GetString()!;
        Assert.Equal(lines, await http.GetStringAsync(Regex.Match(hint, @"GET (http\S+)").Groups[1].Value, cancellationToken));
        // Its address is known to the page that a browser would open at it.
        using var page = await http.GetAsync(address, cancellationToken);
        Assert.Equal("attachment", page.Content.Headers.ContentDisposition?.DispositionType);
        Assert.Contains("sandbox", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        foreach (
            var (name, value) in new[] { ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "cross-site"), ("Origin", "http://evil.example") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Add(name, value);
            using var refused = await http.SendAsync(request, cancellationToken);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }
        using var stranger = await http.GetAsync(address.Replace(pattern.Groups[2].Value, "", StringComparison.Ordinal), cancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, stranger.StatusCode);
    }
}
