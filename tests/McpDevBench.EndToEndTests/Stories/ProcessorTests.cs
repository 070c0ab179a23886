using System.Globalization;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A workspace has processors of its own, as many as its CPU limit, and keeps both its processors and its limit.</summary>
public sealed class ProcessorTests
{
    private const string Pinning = "MCP_WORKSPACE_CPU_PINNING";

    [Fact]
    public async Task Workspaces_share_out_the_processors_also_those_of_an_earlier_server()
    {
        await using var server = await ServerProcess.Started();
        var assistant = await server.Connect();
        var workspaces = new List<Workspace>();
        for (var i = 0; i < await HostProcessors(); i++)
            workspaces.Add(await assistant.Spawn(Images.Busybox, ("cpus", 1), ("memory_mb", 32), ("alias", $"box{i}")));
        var processors = await Task.WhenAll(workspaces.Select(Processors));
        // One each; on a host with a single one there is nothing to choose.
        var all = processors.Length == 1 ? [""] : Enumerable.Range(0, processors.Length).Select(Invariant);
        Assert.Equal(all.Order(StringComparer.Ordinal), processors.Order(StringComparer.Ordinal));
        await assistant.DisposeAsync();

        await server.Restart();

        assistant = await server.Connect();
        await assistant.Call("kill", ("container_id", "box0"));
        var next = await assistant.Spawn(Images.Busybox, ("cpus", 1), ("memory_mb", 32));
        Assert.Equal(processors[0], await Processors(next));
        await assistant.DisposeAsync();
    }

    [Fact]
    public async Task A_workspace_with_the_limit_of_the_host_or_on_a_server_that_does_not_pin_may_use_every_processor()
    {
        await using var server = await ServerProcess.Started(("MCP_MAX_CPUS", Invariant(Math.Max(4, await HostProcessors()))));
        await using (var assistant = await server.Connect())
            Assert.Equal("", await Processors(await assistant.Spawn(Images.Busybox, ("cpus", await HostProcessors()))));
        await using var other = await ServerProcess.Started((Pinning, "off"));
        await using var client = await other.Connect();
        Assert.Equal("", await Processors(await client.Spawn(Images.Busybox, ("cpus", 0.5))));
    }

    [Fact]
    public async Task A_container_of_a_server_before_pinning_stays_as_it_is_and_one_with_a_lifted_limit_gets_its_own_again()
    {
        await using var server = await ServerProcess.Started((Pinning, "off"));
        string old, lifted, lowered;
        await using (var assistant = await server.Connect())
        {
            (old, lifted, lowered) =
                (await Spawned(assistant, "old"), await Spawned(assistant, "lifted"), await Spawned(assistant, "lowered"));
            // As a server that died while it ended processes leaves it; and as an operator may want it.
            await DockerHost.Docker("update", "--cpus", Invariant(await HostProcessors()), lifted);
            await DockerHost.Docker("update", "--cpus", "0.2", lowered);
        }
        await server.KillHard();
        await server.Start(Pinning, "auto");
        await server.Answers("health/ready");

        await using var again = await server.Connect();
        foreach (var alias in new[] { "old", "lifted", "lowered" })
            Assert.False((await again.Call("exec", ("container_id", alias), ("shell", "true"))).TryGetProperty("resumed", out _));
        Assert.Equal(["500000000 ", "500000000 ", "200000000 "], await Task.WhenAll(new[] { old, lifted, lowered }.Select(
            dockerId => DockerHost.Docker("inspect", "-f", "{{.HostConfig.NanoCpus}} {{.HostConfig.CpusetCpus}}", dockerId))));
        var audit = Path.Combine(server.Folder, "audit.log");
        await Deadline.Until(
            async () => (await File.ReadAllTextAsync(audit, TestContext.Current.CancellationToken))
                .Contains("cpu_limit_restored=1", StringComparison.Ordinal),
            "the audit record has it");
    }

    [Fact]
    public async Task An_engine_that_has_not_the_processors_that_it_reports_gets_containers_without_them()
    {
        using var folder = new TemporaryFolder();
        using var proxy = new EngineProxy(folder["docker.sock"], await DockerHost.SocketPath());
        var reported = "9" + Invariant(await HostProcessors())[1..];
        // As where processors are offline, so that those that work are not the first ones.
        proxy.Rewrite(bytes =>
        {
            var at = bytes.Span.IndexOf("\"NCPU\":"u8);
            if (at >= 0)
                bytes.Span[at + "\"NCPU\":".Length] = (byte)'9';
        });
        await using var server = await ServerProcess.Started(("MCP_DOCKER_HOST", $"unix://{folder["docker.sock"]}"));
        await using var assistant = await server.Connect();
        Assert.SkipWhen(reported == Invariant(await HostProcessors()), "the number of this host's processors begins with a 9");
        // Sooner or later it is the turn of one that does not exist.
        const string Refused = "The Docker Engine cannot give workspaces processors of their own";
        var workspaces = 0;
        for (; !server.Log.Contains(Refused, StringComparison.Ordinal); workspaces++)
        {
            Assert.True(workspaces <= int.Parse(reported, CultureInfo.InvariantCulture), "every processor was taken");
            var workspace = await assistant.Spawn(Images.Busybox, ("cpus", 1), ("memory_mb", 32));
            Assert.Equal("usable", await workspace.Sh("echo usable"));
        }
        var next = await assistant.Spawn(Images.Busybox, ("cpus", 1), ("memory_mb", 32));
        Assert.Equal("", await Processors(next));
        Assert.Equal(2, server.Log.Split(Refused).Length);
    }

    private static async Task<string> Spawned(Assistant assistant, string alias) =>
        await (await assistant.Spawn(Images.Busybox, ("cpus", 0.5), ("alias", alias))).DockerId();

    private static async Task<string> Processors(Workspace workspace) =>
        await DockerHost.Docker("inspect", "-f", "{{.HostConfig.CpusetCpus}}", await workspace.DockerId());

    private static async Task<int> HostProcessors() =>
        int.Parse(await DockerHost.Docker("info", "--format", "{{.NCPU}}"), CultureInfo.InvariantCulture);

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);
}
