using McpDevBench.Agents;
using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Workspaces;

/// <summary>A spawn and a restart: their steps in order, and what each leaves when it fails.</summary>
public sealed class SpawnerTests : IAsyncDisposable
{
    private readonly WorkspaceBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_spawn_creates_its_container_attaches_to_it_and_starts_it()
    {
        await _bench.SpawnAsync();
        // Image, agent and pool are there now.
        _bench.Docker.ForgetCalls();
        var workspace = await _bench.SpawnAsync("bench");

        // Without the inspects: the client library looks at a container too before it attaches.
        Assert.Equal(
            "create attach start",
            string.Join(' ', _bench.Docker.Calls.Where(call => call is "create" or "attach" or "start")));
        Assert.Equal(WorkspaceStatus.Running, workspace.Status);
        Assert.Equal(workspace, _bench.Workspaces.Find(workspace.Id));
        Assert.NotNull(_bench.Get<AgentDirectory>().TryGet(workspace.Container!));
        Assert.Equal(2, _bench.Docker.OfWorkspaces.Count());
    }

    [Fact]
    public async Task A_cpu_limit_above_the_host_s_processors_is_all_of_them()
    {
        await using var bench = new WorkspaceBench(processors: 2);
        var spawns = bench.Get<SpawnService>();
        var request = new SpawnRequest { Image = "busybox", Cpus = 4 };
        var decision = await spawns.DecideAsync(WorkspaceBench.Owner, request, TestContext.Current.CancellationToken);
        var spawned = await spawns.SpawnAsync(WorkspaceBench.Owner, request, null, TestContext.Current.CancellationToken);

        const string Note = "The Docker host has 2 processors: cpus=4 gives no more than that.";
        Assert.True(decision.Allowed);
        Assert.EndsWith(Note, decision.Reason, StringComparison.Ordinal);
        Assert.Equal(Note, spawned.Note);
        Assert.Equal(2_000_000_000, bench.Docker.OfWorkspaces.Single()["HostConfig"]!["NanoCpus"]!.GetValue<long>());
    }

    [Theory]
    [InlineData("create")]
    [InlineData("inspect")]
    [InlineData("attach")]
    [InlineData("start")]
    public async Task A_spawn_that_fails_leaves_nothing(string failing)
    {
        await _bench.SpawnAsync();
        var (containers, volumes) = (_bench.Docker.Containers.Count, _bench.VolumesInUse().Count());
        var cuts = 0;
        _bench.Docker.Cuts = call => call == failing && Interlocked.Increment(ref cuts) == 1;

        var error = await Assert.ThrowsAsync<RequestException>(() => _bench.SpawnAsync("failed"));

        Assert.Equal(ErrorCode.DockerUnavailable, error.Code);
        Assert.Single(_bench.Workspaces.All);
        Assert.Equal(containers, _bench.Docker.Containers.Count);
        Assert.Equal(volumes, _bench.VolumesInUse().Count());
    }

    [Theory]
    [InlineData("create")]
    [InlineData("inspect")]
    [InlineData("attach")]
    [InlineData("start")]
    public async Task What_cannot_be_undone_while_Docker_is_away_the_reconciler_undoes(string failing)
    {
        await _bench.SpawnAsync();
        var (containers, volumes) = (_bench.Docker.Containers.Count, _bench.VolumesInUse().Count());
        var isAway = false;
        _bench.Docker.Cuts = call => isAway |= call == failing;

        await Assert.ThrowsAsync<RequestException>(() => _bench.SpawnAsync("failed"));
        var left = Assert.Single(_bench.Workspaces.All, workspace => workspace.Alias == "failed");
        Assert.Equal(WorkspaceStatus.Removing, left.Status);

        _bench.Docker.Cuts = static _ => false;
        Assert.Contains("removal_finished", await _bench.ReconcileAsync());
        Assert.Single(_bench.Workspaces.All);
        Assert.Equal(containers, _bench.Docker.Containers.Count);
        Assert.Equal(volumes, _bench.VolumesInUse().Count());
    }

    [Fact]
    public async Task A_spawn_of_an_earlier_server_is_undone_with_the_container_that_it_created()
    {
        var spawned = await _bench.SpawnAsync();
        // As if that server had ended between Docker's creating the container and writing its id down.
        _bench.Workspaces.Replace(spawned with { Status = WorkspaceStatus.Creating, Container = null });
        var row = _bench.Workspaces.Find(spawned.Id)!;
        await _bench.Get<Spawner>().UndoAsync(row, isVolumeNew: true);
        Assert.Empty(_bench.Workspaces.All);
        Assert.Empty(_bench.Docker.OfWorkspaces);
        Assert.Empty(_bench.VolumesInUse());
    }

    [Fact]
    public async Task A_stopped_workspace_is_restarted_on_its_volume()
    {
        var spawned = await _bench.SpawnAsync("bench");
        _bench.Docker.Containers.TryRemove(spawned.Container!.Value, out _);
        _bench.Workspaces.MarkStopped(spawned);

        var restarted = await _bench.Get<Spawner>().RestartAsync(_bench.Workspaces.Find(spawned.Id)!);

        Assert.Equal(WorkspaceStatus.Running, restarted.Status);
        Assert.NotEqual(spawned.Container, restarted.Container);
        Assert.Equal(spawned.VolumeName, restarted.VolumeName);
        Assert.Single(_bench.Docker.OfWorkspaces);
    }

    [Fact]
    public async Task A_dry_run_knows_that_a_container_has_ended_before_the_server_has_noticed()
    {
        var spawned = await _bench.SpawnAsync("bench");
        _bench.Docker.Containers[spawned.Container!.Value]["State"]!["Status"] = "exited";
        var decision = await _bench.Get<SpawnService>().DecideAsync(
            WorkspaceBench.Owner, new SpawnRequest { Alias = "bench", Persistent = true }, TestContext.Current.CancellationToken);
        Assert.True(decision.Allowed, decision.Reason);
        Assert.Equal(WorkspaceStatus.Running, _bench.Workspaces.Find(spawned.Id)!.Status);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("attach")]
    [InlineData("start")]
    public async Task A_restart_that_fails_leaves_a_stopped_workspace_with_its_files(string failing)
    {
        var spawned = await _bench.SpawnAsync("bench");
        _bench.Docker.Containers.TryRemove(spawned.Container!.Value, out _);
        _bench.Workspaces.MarkStopped(spawned);
        var cuts = 0;
        _bench.Docker.Cuts = call => call == failing && Interlocked.Increment(ref cuts) == 1;

        var error = await Assert.ThrowsAsync<RequestException>(
            () => _bench.Get<Spawner>().RestartAsync(_bench.Workspaces.Find(spawned.Id)!));

        Assert.Equal(ErrorCode.DockerUnavailable, error.Code);
        Assert.Equal(WorkspaceStatus.Stopped, _bench.Workspaces.Find(spawned.Id)!.Status);
        Assert.Empty(_bench.Docker.OfWorkspaces);
        Assert.Contains(spawned.VolumeName, _bench.VolumesInUse());
    }

    [Fact]
    public async Task Without_its_volume_a_stopped_workspace_is_not_restarted()
    {
        var spawned = await _bench.SpawnAsync("bench");
        _bench.Docker.Containers.TryRemove(spawned.Container!.Value, out _);
        _bench.Docker.Volumes.TryRemove(spawned.VolumeName, out _);
        _bench.Workspaces.MarkStopped(spawned);

        var error = await Assert.ThrowsAsync<RequestException>(
            () => _bench.Get<Spawner>().RestartAsync(_bench.Workspaces.Find(spawned.Id)!));

        Assert.Equal(ErrorCode.WorkspaceLost, error.Code);
        Assert.Equal(WorkspaceStatus.Stopped, _bench.Workspaces.Find(spawned.Id)!.Status);
        Assert.Empty(_bench.Docker.OfWorkspaces);
    }

    [Fact]
    public async Task A_volume_that_Docker_has_made_by_itself_is_made_anew()
    {
        await _bench.SpawnAsync();
        // Pruned while they waited in the pool.
        foreach (var name in _bench.Get<VolumePool>().Names.Keys)
            _bench.Docker.Volumes.TryRemove(name, out _);

        var workspace = await _bench.SpawnAsync();

        Assert.NotEmpty(_bench.Docker.Volumes[workspace.VolumeName]["Labels"]!.AsObject());
        Assert.Equal(WorkspaceStatus.Running, workspace.Status);
    }

    [Fact]
    public async Task Kept_files_are_used_again_and_are_no_longer_kept()
    {
        var first = await _bench.SpawnAsync("proj", persistent: true);
        await _bench.Get<WorkspaceRemoval>().RemoveAsync(first, keepVolume: true, TestContext.Current.CancellationToken);
        Assert.Equal(first.VolumeName, _bench.Kept("proj")!.Volume);

        var second = await _bench.SpawnAsync("proj");

        Assert.Equal(first.VolumeName, second.VolumeName);
        Assert.True(second.Persistent);
        Assert.Null(_bench.Kept("proj"));
    }

    [Fact]
    public async Task A_spawn_that_fails_keeps_the_files_that_were_kept()
    {
        var first = await _bench.SpawnAsync("proj", persistent: true);
        await _bench.Get<WorkspaceRemoval>().RemoveAsync(first, keepVolume: true, TestContext.Current.CancellationToken);
        var cuts = 0;
        _bench.Docker.Cuts = call => call == "start" && Interlocked.Increment(ref cuts) == 1;

        await Assert.ThrowsAsync<RequestException>(() => _bench.SpawnAsync("proj"));

        Assert.Equal(first.VolumeName, _bench.Kept("proj")!.Volume);
        Assert.Contains(first.VolumeName, _bench.VolumesInUse());
        Assert.Empty(_bench.Workspaces.All);
    }
}
