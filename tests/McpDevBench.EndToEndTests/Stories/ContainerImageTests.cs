using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Monitoring;
using McpDevBench.EndToEndTests.Product;
using ModelContextProtocol.Client;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>The image mcp-devbench:dev (`make image`): the server in a container of its own, with the host's Docker socket.</summary>
public sealed class ContainerImageTests
{
    [Fact]
    public async Task The_server_in_a_container_spawns_workspaces_beside_itself()
    {
        var address = await DockerHost.Address;
        Assert.SkipUnless(address.StartsWith("unix://", StringComparison.Ordinal), "there is no Docker socket to mount");
        var socket = await DockerHost.SocketPath();
        var group = (await Command.Run("stat", "-L", "-c", "%g", socket)).Succeeded();
        var name = $"devbench-e2e-{Guid.NewGuid():N}";
        string? spawned = null;
        await DockerHost.Docker(
            "run", "-d", "--name", name, "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--group-add", group,
            "-p", "127.0.0.1::8000", "-v", $"{name}:/data", "-v", $"{socket}:/var/run/docker.sock",
            "-e", "MCP_ALLOW_INSECURE=true", "-e", "MCP_WARM_POOL_ENABLED=false", "-e", $"MCP_ALLOWED_HOSTS={KubernetesProbes.AllowedHosts}", "mcp-devbench:dev");
        try
        {
            var endpoint = new Uri($"http://{await DockerHost.Docker("port", name, "8000/tcp")}/");
            using var http = new HttpClient();
            await Deadline.Until(async () => await IsReady(http, endpoint), "the server in the container is ready");
            await Deadline.Until(
                async () => await DockerHost.Docker("inspect", "-f", "{{.State.Health.Status}}", name) == "healthy",
                TimeSpan.FromSeconds(60), "Docker calls the container healthy");
            await KubernetesProbes.Pass(
                await DockerHost.Docker("inspect", "-f", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", name));
            var transport = new HttpClientTransport(
                new HttpClientTransportOptions { Endpoint = new Uri(endpoint, "mcp"), TransportMode = HttpTransportMode.StreamableHttp });
            await using var assistant = new Assistant(
                await McpClient.CreateAsync(transport, cancellationToken: TestContext.Current.CancellationToken), new());
            var workspace = await assistant.Spawn(Images.Busybox);
            spawned = workspace.Id;
            await workspace.Write("note.txt", "from inside");
            Assert.Equal("from inside", await workspace.Sh("cat note.txt"));
            await workspace.Kill(("force", true));
            Assert.Empty(await DockerHost.ContainersOf(spawned));
            Assert.Empty(await DockerHost.VolumesOf(spawned));

            // Asked to stop, it ends well and takes with it what it had prepared.
            await DockerHost.Docker("stop", "-t", "30", name);
            Assert.Equal("0", await DockerHost.Docker("inspect", "-f", "{{.State.ExitCode}}", name));
        }
        catch (Exception)
        {
            TestContext.Current.TestOutputHelper?.WriteLine((await Command.Run("docker", "logs", name)).ToString());
            throw;
        }
        finally
        {
            await DockerHost.Docker("rm", "-f", name);
            await DockerHost.Docker("volume", "rm", name);
        }
    }

    private static async Task<bool> IsReady(HttpClient http, Uri endpoint)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(endpoint, "health/ready"), TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
