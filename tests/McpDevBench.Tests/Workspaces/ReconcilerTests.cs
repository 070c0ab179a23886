using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Workspaces;

/// <summary>What the reconciler does where the database and Docker differ.</summary>
public sealed class ReconcilerTests : IAsyncDisposable
{
    private readonly WorkspaceBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task What_agrees_is_left_as_it_is()
    {
        var workspace = await _bench.SpawnAsync();
        Assert.Empty(await _bench.ReconcileAsync());
        Assert.Equal(WorkspaceStatus.Running, _bench.Workspaces.Find(workspace.Id)!.Status);
        Assert.True(_bench.Get<Reconciler>().HasRun);
    }

    [Fact]
    public async Task A_workspace_whose_container_is_gone_is_stopped()
    {
        var workspace = await _bench.SpawnAsync();
        _bench.Docker.Containers.TryRemove(workspace.Container!.Value, out _);
        Assert.Equal(["marked_stopped"], await _bench.ReconcileAsync(dryRun: true));
        Assert.Equal(WorkspaceStatus.Running, _bench.Workspaces.Find(workspace.Id)!.Status);
        Assert.Equal(["marked_stopped"], await _bench.ReconcileAsync());
        Assert.Equal(WorkspaceStatus.Stopped, _bench.Workspaces.Find(workspace.Id)!.Status);
    }

    [Theory]
    [InlineData("exited", true)]
    [InlineData("dead", true)]
    [InlineData("paused", false)]
    [InlineData("restarting", false)]
    public async Task A_workspace_is_stopped_by_the_state_of_its_container(string state, bool isStopped)
    {
        var workspace = await _bench.SpawnAsync();
        _bench.Docker.Containers[workspace.Container!.Value]["State"]!["Status"] = state;
        await _bench.ReconcileAsync();
        Assert.Equal(isStopped ? WorkspaceStatus.Stopped : WorkspaceStatus.Running, _bench.Workspaces.Find(workspace.Id)!.Status);
    }

    [Fact]
    public async Task A_row_with_neither_container_nor_volume_is_removed_unless_it_is_persistent()
    {
        _bench.Leave(WorkspaceStatus.Stopped);
        var persistent = _bench.Leave(WorkspaceStatus.Stopped, persistent: true);
        Assert.Equal(["row_removed"], await _bench.ReconcileAsync());
        Assert.Equal(persistent.Id, Assert.Single(_bench.Workspaces.All).Id);
    }

    [Theory]
    [InlineData(WorkspaceStatus.Creating, "spawn_undone")]
    [InlineData(WorkspaceStatus.Removing, "removal_finished")]
    public async Task What_an_earlier_server_had_begun_is_settled(object status, string kind)
    {
        var workspace = _bench.Leave((WorkspaceStatus)status);
        _bench.Docker.AddVolume(workspace.VolumeName);
        Assert.Contains(kind, await _bench.ReconcileAsync());
        Assert.Empty(_bench.Workspaces.All);
        Assert.DoesNotContain(workspace.VolumeName, _bench.Docker.Volumes.Keys);
    }

    [Fact]
    public async Task A_resume_that_an_earlier_server_had_begun_leaves_a_stopped_workspace()
    {
        var workspace = await _bench.SpawnAsync();
        _bench.Workspaces.Replace(workspace with { Status = WorkspaceStatus.Resuming });
        Assert.Contains("resume_undone", await _bench.ReconcileAsync());
        Assert.Equal(WorkspaceStatus.Stopped, _bench.Workspaces.Find(workspace.Id)!.Status);
        Assert.Empty(_bench.Docker.OfWorkspaces);
    }

    [Fact]
    public async Task A_container_that_only_carries_our_label_is_left_alone()
    {
        var workspace = await _bench.SpawnAsync();
        var copy = _bench.Docker.Containers[workspace.Container!.Value].DeepClone().AsObject();
        (copy["Id"], copy["Name"]) = ("copy", "/copy");
        _bench.Docker.Containers["copy"] = copy;
        Assert.Equal(["left_alone"], await _bench.ReconcileAsync());
        Assert.Contains("copy", _bench.Docker.Containers.Keys);
    }

    [Fact]
    public async Task A_container_whose_row_was_lost_is_adopted()
    {
        var workspace = await _bench.SpawnAsync("bench");
        _bench.Workspaces.Remove(workspace);
        // Younger ones may be a spawn under way.
        _bench.Docker.Containers[workspace.Container!.Value]["Created"] = (DateTimeOffset.UtcNow - TimeSpan.FromMinutes(3)).ToString("O");
        Assert.Equal(["adopted"], await _bench.ReconcileAsync());
        var adopted = Assert.Single(_bench.Workspaces.All);
        Assert.Equal((workspace.Id, "bench", workspace.Container), (adopted.Id, adopted.Alias, adopted.Container));
        Assert.NotNull(adopted.Adoption);
    }

    [Fact]
    public async Task A_listing_that_fails_changes_nothing()
    {
        _bench.Leave(WorkspaceStatus.Stopped);
        _bench.Docker.Cuts = call => call == "list";
        var error = await Assert.ThrowsAsync<RequestException>(() => _bench.ReconcileAsync());
        Assert.Equal(ErrorCode.DockerUnavailable, error.Code);
        Assert.Single(_bench.Workspaces.All);
        Assert.False(_bench.Get<Reconciler>().HasRun);
    }

    [Fact]
    public async Task Kept_files_whose_volumes_are_gone_are_forgotten()
    {
        var workspace = await _bench.SpawnAsync("proj", persistent: true);
        await _bench.Get<WorkspaceRemoval>().RemoveAsync(workspace, keepVolume: true, TestContext.Current.CancellationToken);
        _bench.Docker.Volumes.TryRemove(workspace.VolumeName, out _);
        Assert.Empty(await _bench.ReconcileAsync());
        _bench.Docker.Volumes.TryRemove(HomeVolume.NameOf(workspace.VolumeName), out _);
        Assert.Equal(["kept_lost"], await _bench.ReconcileAsync());
        Assert.Null(_bench.Kept("proj"));
    }
}
