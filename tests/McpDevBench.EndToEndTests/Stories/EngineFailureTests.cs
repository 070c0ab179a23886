using System.Net;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Docker is not there, is not ours to use, or comes later.</summary>
public sealed class EngineFailureTests
{
    [Fact]
    public async Task Without_Docker_every_call_says_so_and_with_it_everything_works_by_itself()
    {
        using var folder = new TemporaryFolder();
        var socket = folder["docker.sock"];
        var server = new ServerProcess(new Dictionary<string, string> { ["MCP_DOCKER_HOST"] = $"unix://{socket}" });
        try
        {
            await server.Start();
            await server.Answers("health/live");
            await server.Answers("health/ready", HttpStatusCode.ServiceUnavailable);
            await using var assistant = await server.Connect();
            var refusal = await Refused.With("docker_unavailable", () => assistant.Spawn(Images.Busybox));
            Assert.True(refusal.Retryable);
            await assistant.Call("system_status");
            Assert.Empty((await assistant.ListContainers()).Containers);
            // What the alert DockerUnavailable looks at.
            Assert.Matches(
                "(?m)^mcp_docker_api_duration_seconds_count{endpoint=\"connect\",status=\"unavailable\"} [1-9]",
                (await assistant.Call("metrics")).GetProperty("text").GetString()!);

            File.CreateSymbolicLink(socket, await DockerHost.SocketPath());
            await server.Answers("health/ready");
            var workspace = await assistant.Spawn(Images.Busybox);
            Assert.Equal("here", await workspace.Sh("echo here"));

            // Gone again: the agent's stream may live on, but nothing new can be made, and nothing is forgotten.
            File.Delete(socket);
            await Refused.With("docker_unavailable", () => assistant.Spawn(Images.Busybox));
            Assert.Single((await assistant.ListContainers()).Containers);

            File.CreateSymbolicLink(socket, await DockerHost.SocketPath());
            await server.Answers("health/ready");
            Assert.Equal("again", await workspace.Sh("echo again"));
        }
        finally
        {
            if (!File.Exists(socket))
                File.CreateSymbolicLink(socket, await DockerHost.SocketPath());
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_workspace_that_takes_nothing_in_any_more_does_not_hold_its_callers_and_is_back_when_it_does()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var dockerId = await workspace.DockerId();
        await DockerHost.Docker("pause", dockerId);
        try
        {
            // Many at once, so that the way to the agent is full, and what asks whether it is alive must not wait behind them.
            var uploads = Enumerable.Range(0, 64).Select(async index =>
            {
                using var content = new ByteArrayContent(new byte[2 << 20]);
                using var answer = await server.Http.PutAsync(
                    new Uri(server.BaseAddress, $"workspaces/{workspace.Id}/files?path={index}"), content,
                    TestContext.Current.CancellationToken);
                return answer.StatusCode;
            });
            var statuses = await Task.WhenAll(uploads).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            // Those that found no slot were asked to come back; the others got no answer of the agent's in time.
            HttpStatusCode[] expected = [HttpStatusCode.InternalServerError, HttpStatusCode.GatewayTimeout, HttpStatusCode.TooManyRequests];
            Assert.All(statuses, status => Assert.Contains(status, expected));
        }
        finally
        {
            await DockerHost.Docker("unpause", dockerId);
        }
        Assert.Equal("back", await workspace.Sh("echo back"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_the_engine_out_of_reach_every_call_ends_in_time_and_afterwards_all_is_well(bool isSilent)
    {
        using var folder = new TemporaryFolder();
        using var proxy = new EngineProxy(folder["docker.sock"], await DockerHost.SocketPath());
        await using var server = await ServerProcess.Started(
            ("MCP_DOCKER_HOST", $"unix://{folder["docker.sock"]}"), ("MCP_DOCKER_TIMEOUT_S", "5"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var running = await workspace.ExecStart("echo up; sleep 1000");
        await running.ReadUntil("up\n");
        if (isSilent)
            proxy.FallSilent();
        else
            proxy.Cut();

        Func<Task>[] calls =
        [
            () => workspace.Exec("echo ran >> ran", ("wait_ms", 1000)),
            () => workspace.ExecStart("echo ran >> ran"),
            () => workspace.Write("file", "x"),
            () => workspace.Read("file"),
            () => running.Input("x"),
            () => running.Cancel(graceS: 0),
            () => assistant.Attach(workspace.Id),
            () => assistant.Spawn(Images.Busybox),
        ];
        try
        {
            var refusals = await Task.WhenAll(calls.Select(call =>
                Refused.WithOneOf(
                    ["docker_unavailable", "timeout", "server_error"],
                    () => call().WaitAsync(TimeSpan.FromSeconds(55), TestContext.Current.CancellationToken))));
            Assert.Equal("docker_unavailable", refusals[0].Code);
            Assert.Contains("not started", refusals[0].Message, StringComparison.Ordinal);
            Assert.Equal("docker_unavailable", refusals[2].Code);
        }
        finally
        {
            proxy.Recover();
        }
        await server.Answers("health/ready");
        Assert.Equal("no", await workspace.Sh("test -e ran && echo yes || echo no"));
        Assert.Equal("up\n", (await running.Poll()).Messages[0].Data);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_kill_that_the_engine_interrupts_says_that_it_has_begun_and_is_finished_later(bool isSilent)
    {
        using var folder = new TemporaryFolder();
        using var proxy = new EngineProxy(folder["docker.sock"], await DockerHost.SocketPath());
        await using var server = await ServerProcess.Started(
            ("MCP_DOCKER_HOST", $"unix://{folder["docker.sock"]}"), ("MCP_DOCKER_TIMEOUT_S", "3"));
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        if (isSilent)
            proxy.FallSilent();
        else
            proxy.Cut();
        try
        {
            for (var call = 0; call < 2; call++)
            {
                var refusal = await Refused.With("docker_unavailable", () => workspace.Kill());
                Assert.Contains("has begun", refusal.Message, StringComparison.Ordinal);
                Assert.False(refusal.Retryable);
                Assert.Equal("removing", Assert.Single((await assistant.ListContainers()).Containers).Status);
            }
        }
        finally
        {
            proxy.Recover();
        }
        await server.Answers("health/ready");
        Assert.Equal("removed", (await workspace.Kill()).Status);
        Assert.Empty(await DockerHost.ContainersOf(workspace.Id));
    }

    [Fact]
    public async Task A_socket_without_permission_says_who_may_use_it()
    {
        using var folder = new TemporaryFolder();
        using var forbidden = new SocketFile(folder["docker.sock"]);
        // Root may open what nobody may, so root's server runs as somebody else, from where that one may read.
        var isRoot = Environment.UserName == "root";
        File.Copy(Repository.Binary, folder["mcp-devbench"]);
        await using var server = new ServerProcess(
            new Dictionary<string, string> { ["MCP_DOCKER_HOST"] = $"unix://{folder["docker.sock"]}" },
            isRoot ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] : []) { Binary = folder["mcp-devbench"] };
        if (isRoot)
            (await Command.Run("chown", "-R", "65534:65534", folder.Path, server.Folder)).Succeeded();
        await server.Start();
        await server.Answers("health/live");
        await server.Answers("health/ready", HttpStatusCode.ServiceUnavailable);
        await using var assistant = await server.Connect();

        var refusal = await Refused.With("docker_unavailable", () => assistant.Spawn(Images.Busybox));
        Assert.Contains("permission", refusal.Message + refusal.Hint, StringComparison.OrdinalIgnoreCase);

        await assistant.Call("system_status");
        Assert.Empty((await assistant.ListContainers()).Containers);
    }

    [Fact]
    public async Task What_runs_in_a_container_that_is_removed_ends_as_lost_and_the_workspace_goes_on()
    {
        await using var server = await ServerProcess.Started();
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        var exec = await workspace.ExecStart("echo up; sleep 1000");
        await exec.ReadUntil("up\n");

        await DockerHost.Docker("rm", "-f", await workspace.DockerId());

        Assert.Equal("again", await workspace.Sh("echo again"));
        var ended = await exec.Ended();
        Assert.Equal("workspace_lost", ended.Outcome);
        Assert.Contains("The files are there", Assert.Single(ended.Notes!), StringComparison.Ordinal);
        Assert.Equal("fine", await (await assistant.Spawn(Images.Busybox)).Sh("echo fine"));
    }
}
