using McpDevBench.Engine;
using McpDevBench.Storage;
using McpDevBench.Workspaces;
using Microsoft.Extensions.Time.Testing;

namespace McpDevBench.Tests.Workspaces;

/// <summary>Labels can be copied; what they say counts only on the container that they were made for.</summary>
public sealed class OwnershipTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Database _database;
    private readonly FakeTimeProvider _time = Clocks.Standing();
    private readonly InstanceKey _key;
    private readonly Ownership _ownership;

    public OwnershipTests()
    {
        var storage = new StorageOptions { StateDatabase = _folder["state.db"] };
        _database = Storages.Open(storage, Metering.Catalogue(), TimeProvider.System);
        _key = new InstanceKey(storage, _database);
        _ownership = new Ownership(_key, _time);
    }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_signature_counts_for_the_container_that_it_was_made_for_alone()
    {
        var workspace = NewWorkspace();
        var name = WorkspaceContainers.NameOf(workspace.Id);
        var ours = new EngineContainer(
            new ContainerId("id"), name, ContainerState.Running, _time.GetUtcNow(), "image", _ownership
                .ContainerLabels(workspace, name, "image", []), []);
        Assert.True(_ownership.IsOurs(ours));
        // As docker run of an image does that was committed from the workspace.
        Assert.False(_ownership.IsOurs(ours with { Name = "elated_euler" }));
        Assert.False(_ownership.IsOurs(ours with { ImageId = "another" }));
        // With the name of one that is gone, later.
        Assert.False(_ownership.IsOurs(ours with { CreatedAt = _time.GetUtcNow() + TimeSpan.FromDays(1) }));
        Assert.False(_ownership.IsOurs(ours with { Labels = Without(ours.Labels, "com.mcp.made_at") }));
        Assert.False(_ownership.IsOurs(ours with { Labels = Without(ours.Labels, "com.mcp.signature") }));
    }

    [Fact]
    public void A_container_of_the_server_before_is_still_ours_under_its_name()
    {
        var workspace = NewWorkspace();
        var labels = new Dictionary<string, string>
        {
            ["com.mcp.container_id"] = workspace.Id.ToString(),
            ["com.mcp.owner"] = workspace.Owner,
            ["com.mcp.signature"] = Convert.ToHexStringLower(_key.Sign("container", workspace.Id.ToString(), workspace.Owner, "image")),
        };
        var container = new EngineContainer(
            new ContainerId("id"), WorkspaceContainers.NameOf(workspace.Id), ContainerState.Running, _time
                .GetUtcNow(), "image", labels, []);
        Assert.True(_ownership.IsOurs(container));
        Assert.False(_ownership.IsOurs(container with { Name = "elated_euler" }));
    }

    [Fact]
    public void A_volume_carries_its_user_and_one_of_before_has_that_which_all_shared()
    {
        var labels = _ownership.VolumeLabels("volume", 70_002);
        Assert.True(_ownership.IsOurVolume("volume", labels));
        Assert.Equal(70_002, Ownership.UidOf(labels));
        Assert.False(_ownership.IsOurVolume("volume", new Dictionary<string, string>(labels) { ["com.mcp.uid"] = "70004" }));
        Assert.False(_ownership.IsOurVolume("volume", Without(labels, "com.mcp.uid")));
        var before = new Dictionary<string, string> { ["com.mcp.signature"] = Convert.ToHexStringLower(_key.Sign("volume", "volume")) };
        Assert.True(_ownership.IsOurVolume("volume", before));
        Assert.Equal(1000, Ownership.UidOf(before));
        Assert.Equal(1000, Ownership.UidOf(new Dictionary<string, string> { ["com.mcp.uid"] = "0" }));
    }

    [Fact]
    public void A_helper_is_removed_if_it_is_ours_and_was_left_behind()
    {
        var helper = new EngineContainer(
            new ContainerId("id"), "helper", ContainerState.Created, _time.GetUtcNow(), "image", _ownership.HelperLabels("helper"), []);
        Assert.False(_ownership.IsAbandonedHelper(helper));
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.True(_ownership.IsAbandonedHelper(helper));
        Assert.False(_ownership.IsAbandonedHelper(helper with { State = ContainerState.Running }));
        // Another container, never started, with a label that an image has brought along.
        Assert.False(_ownership.IsAbandonedHelper(helper with { Name = "database-backup" }));
        Assert.False(_ownership.IsAbandonedHelper(
            helper with { Labels = new Dictionary<string, string> { ["com.mcp.devbench.agent"] = "true" } }));
        Assert.False(_ownership.IsAbandonedHelper(helper with { CreatedAt = _time.GetUtcNow() - TimeSpan.FromDays(1) }));
    }

    private static Dictionary<string, string> Without(IReadOnlyDictionary<string, string> labels, string name) =>
        labels.Where(label => label.Key != name).ToDictionary();

    private Workspace NewWorkspace() => new()
    {
        Id = WorkspaceId.New(), Owner = "local", Image = "image", Persistent = false, Status = WorkspaceStatus.Running,
        VolumeName = "volume", Limits = new WorkspaceLimits(512, 1, 256), Network = "none", Labels = new Dictionary<string, string>(),
        Env = new Dictionary<string, string>(), CreatedAt = _time.GetUtcNow(), LastUsedAt = _time.GetUtcNow(),
    };
}
