using McpDevBench.Workspaces;

namespace McpDevBench.Tests.Workspaces;

/// <summary>What the janitor removes, and what it leaves.</summary>
public sealed class JanitorTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Past = DateTimeOffset.UtcNow - TimeSpan.FromDays(30);

    private readonly WorkspaceBench _bench = new();

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_workspace_beyond_its_time_to_live_is_removed_and_reported()
    {
        var workspace = await _bench.SpawnAsync();
        _bench.Workspaces.Replace(workspace with { LeaseUntil = Past });
        var reports = new List<string>();
        _bench.Get<ExpiredWorkspaces>().Removed += (removed, reason) =>
        {
            reports.Add($"{removed.Id}: {reason}");
            return Task.CompletedTask;
        };

        Assert.Equal(["removed"], await _bench.CollectAsync(dryRun: true));
        Assert.Single(_bench.Workspaces.All);
        Assert.Equal(["removed"], await _bench.CollectAsync());

        Assert.Equal([$"{workspace.Id}: its time to live is over"], reports);
        Assert.Empty(_bench.Workspaces.All);
        Assert.Empty(_bench.Docker.OfWorkspaces);
        Assert.Empty(_bench.VolumesInUse());
    }

    [Fact]
    public async Task A_workspace_without_use_is_removed_after_its_idle_time()
    {
        var workspace = await _bench.SpawnAsync();
        _bench.Workspaces.Replace(workspace with { IdleTimeToLive = TimeSpan.FromHours(1) });
        Assert.Empty(await _bench.CollectAsync());
        _bench.Workspaces.Replace(workspace with { IdleTimeToLive = TimeSpan.FromHours(1), LastUsedAt = Past });
        Assert.Equal(["removed"], await _bench.CollectAsync());
    }

    [Fact]
    public async Task A_stopped_workspace_is_removed_after_the_retention_unless_it_is_persistent()
    {
        foreach (var persistent in new[] { false, true })
        {
            var workspace = await _bench.SpawnAsync(persistent: persistent);
            _bench.Workspaces.Replace(workspace with { Status = WorkspaceStatus.Stopped, LastUsedAt = Past });
        }
        Assert.Equal(["removed"], await _bench.CollectAsync());
        Assert.True(Assert.Single(_bench.Workspaces.All).Persistent);
    }

    [Fact]
    public async Task An_expired_persistent_workspace_keeps_its_files()
    {
        var workspace = await _bench.SpawnAsync("proj", persistent: true);
        _bench.Workspaces.Replace(workspace with { LeaseUntil = Past });
        Assert.Equal(["removed"], await _bench.CollectAsync());
        Assert.Equal(workspace.VolumeName, _bench.Kept("proj")!.Volume);
        Assert.Contains(workspace.VolumeName, _bench.VolumesInUse());
    }

    [Fact]
    public async Task Only_volumes_of_ours_that_nothing_needs_are_removed()
    {
        var used = await _bench.SpawnAsync();
        var orphan = await _bench.SpawnAsync();
        _bench.Docker.Containers.TryRemove(orphan.Container!.Value, out _);
        _bench.Workspaces.Remove(orphan);
        _bench.Docker.AddVolume("foreign", new() { [Ownership.Label] = "true" });

        var kinds = await _bench.CollectAsync();

        Assert.Equal(["left_alone", "volume_removed", "volume_removed"], kinds.Order());
        Assert.Equal(["foreign", used.VolumeName, HomeVolume.NameOf(used.VolumeName)], _bench.VolumesInUse().Order());
    }

    [Fact]
    public async Task A_removal_that_Docker_does_not_answer_is_postponed()
    {
        var workspace = await _bench.SpawnAsync();
        _bench.Workspaces.Replace(workspace with { LeaseUntil = Past });
        _bench.Docker.Cuts = call => call == "remove";
        Assert.Equal(["postponed"], await _bench.CollectAsync());
        _bench.Docker.Cuts = static _ => false;
        Assert.Contains("removal_finished", await _bench.ReconcileAsync());
        Assert.Empty(_bench.Workspaces.All);
    }
}
