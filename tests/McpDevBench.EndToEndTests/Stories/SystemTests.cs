using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>What the server says about itself, and how it makes the database and Docker agree.</summary>
public sealed class SystemTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task The_status_says_that_it_is_ready_and_the_metrics_count_what_was_done()
    {
        await using var assistant = await server.Connect();
        await assistant.Spawn(Images.Busybox);
        Assert.True((await assistant.Call("system_status")).GetProperty("ready").GetBoolean());
        Assert.Contains(
            "mcp_container_spawns_total", (await assistant.Call("metrics")).GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_gets_the_metrics_that_say_something_and_all_of_those_that_it_asks_for()
    {
        await using var assistant = await server.Connect();
        await assistant.Spawn(Images.Busybox);
        const string none = """mcp_container_spawns_total{path="warm",result="success"} 0""";
        const string some = """mcp_container_spawns_total{path="cold",result="success"} """;
        var all = (await assistant.Call("metrics")).GetProperty("text").GetString()!;
        Assert.Contains(some, all, StringComparison.Ordinal);
        Assert.DoesNotContain(none, all, StringComparison.Ordinal);
        var spawns = (await assistant.Call("metrics", ("prefix", "mcp_container_spawns"))).GetProperty("text").GetString()!;
        Assert.Contains(some, spawns, StringComparison.Ordinal);
        Assert.Contains(none, spawns, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_docker_has_and_nobody_knows_is_found_and_look_alikes_are_left_alone()
    {
        await using var assistant = await server.Connect();
        var name = $"devbench-e2e-{Guid.NewGuid():N}";
        await DockerHost.Docker(
            "create", "--name", name, "--label", "com.mcp.devbench=true", "--label", $"com.mcp.container_id=c_{Guid.NewGuid():D}",
            Images.Busybox, "true");
        try
        {
            await assistant.Call("reconcile");
            await assistant.Call("garbage_collect");
            Assert.NotEmpty(await DockerHost.Docker("ps", "-aq", "--filter", $"name={name}"));
        }
        finally
        {
            await DockerHost.Docker("rm", "-f", name);
        }
    }

    [Fact]
    public async Task Another_origin_or_host_is_turned_away()
    {
        foreach (var (header, value) in new[] { ("Origin", "http://evil.example"), ("Host", "evil.example") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, server.Endpoint)
            {
                Content = new StringContent(
                    """{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}""", System.Text.Encoding.UTF8, "application/json"),
            };
            request.Headers.Accept.ParseAdd("application/json, text/event-stream");
            request.Headers.TryAddWithoutValidation(header, value);
            using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.True((int)response.StatusCode is 403 or 421, $"{header}: {value} got {response.StatusCode}");
        }
    }
}
