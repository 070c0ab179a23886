using McpDevBench.Workspaces;
using McpDevBench.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Workspaces;

/// <summary>A directory of workspaces on a database of its own.</summary>
internal sealed class WorkspacesByHand : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Database _database;

    public WorkspacesByHand()
    {
        _database = Storages.Open(new StorageOptions { StateDatabase = _folder["state.db"] }, Metering.Catalogue(), TimeProvider.System);
        Directory = new WorkspaceDirectory(
            new WorkspaceStore(_database), new KeptFileStore(_database), TimeProvider.System, NullLogger<WorkspaceDirectory>.Instance);
    }

    public WorkspaceDirectory Directory { get; }

    public Workspace Add(double cpus, ContainerId? container = null)
    {
        var workspace = NewWorkspace(cpus, container);
        Directory.Add(workspace);
        return workspace;
    }

    /// <summary>A workspace that runs, in no directory yet.</summary>
    public static Workspace NewWorkspace(double cpus = 1, ContainerId? container = null) => new()
    {
        Id = WorkspaceId.New(), Container = container, Owner = "local", Image = "image", Persistent = false,
        Status = WorkspaceStatus.Running, VolumeName = $"volume-{Guid.NewGuid():n}", Limits = new WorkspaceLimits(512, cpus, 256),
        Network = "none", Labels = new Dictionary<string, string>(), Env = new Dictionary<string, string>(),
        CreatedAt = DateTimeOffset.UnixEpoch, LastUsedAt = DateTimeOffset.UnixEpoch,
    };

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }
}
