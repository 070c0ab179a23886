using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>A workspace's life: its names, its time, what outlives it.</summary>
public sealed class WorkspaceTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    [Fact]
    public async Task A_workspace_is_found_by_its_id_and_its_alias_and_listed_with_what_runs()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("alias", "my-bench"), ("labels", new JsonObject { ["task"] = "listing" }));
        Assert.Equal(
            ("my-bench", "running", "/workspace"), (workspace.Spawned.Alias, workspace.Spawned.Status, workspace.Spawned.Workspace));
        Assert.StartsWith("docker.io/devbench-test/busybox", workspace.Spawned.Image, StringComparison.Ordinal);
        await workspace.ExecStart("sleep 1000");

        var attached = await assistant.Attach("my-bench");
        Assert.Equal((workspace.Id, 1), (attached.ContainerId, attached.RunningExecs));
        Assert.Equal([$"workspace:{workspace.Id}"], attached.Roots);
        var listed = Assert.Single((await assistant.ListContainers(("label", "task=listing"))).Containers);
        Assert.Equal((workspace.Id, 1), (listed.ContainerId, listed.RunningExecs));
        await Refused.With("conflict", () => assistant.Spawn(Images.Busybox, ("alias", "my-bench")));
    }

    [Fact]
    public async Task The_same_key_spawns_one_workspace_also_when_all_ask_at_once()
    {
        await using var assistant = await server.Connect();
        var spawned = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => assistant.Spawn(Images.Busybox, ("idempotency_key", "only-one"))));
        var id = Assert.Single(spawned.Select(workspace => workspace.Id).Distinct());
        Assert.Single(await DockerHost.ContainersOf(id));
        await Refused.With("conflict", () => assistant.Spawn(Images.Python, ("idempotency_key", "only-one")));
    }

    [Fact]
    public async Task A_dry_run_says_what_would_happen_and_does_nothing()
    {
        await using var assistant = await server.Connect();
        var before = (await assistant.ListContainers()).Containers.Count;
        Assert.True((await assistant.Call("spawn", ("image", Images.Busybox), ("dry_run", true))).GetProperty("allowed").GetBoolean());
        var refused = await assistant.Call("spawn", ("image", "quay.io/x/y:1"), ("dry_run", true));
        Assert.False(refused.GetProperty("allowed").GetBoolean());
        Assert.Contains("quay.io", refused.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, (await assistant.ListContainers()).Containers.Count);
    }

    [Fact]
    public async Task A_workspace_whose_time_is_over_is_removed()
    {
        await using var brisk = await ServerProcess.Started(("MCP_CLEANUP_INTERVAL", "1"));
        await using var assistant = await brisk.Connect();
        var workspace = await assistant.Spawn(Images.Busybox, ("ttl_s", 2));
        Assert.NotNull(workspace.Spawned.ExpiresAt);
        await Deadline.Until(async () => (await DockerHost.ContainersOf(workspace.Id)).Count == 0, "the container is removed");
        await Deadline.Until(async () => (await DockerHost.VolumesOf(workspace.Id)).Count == 0, "its volume is removed");
        await Refused.With("container_not_found", () => workspace.Exec("true"));
    }
}
