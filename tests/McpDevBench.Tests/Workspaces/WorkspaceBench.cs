using McpDevBench.Tests.Engine;
using McpDevBench.Workspaces;
using Microsoft.Extensions.DependencyInjection;

namespace McpDevBench.Tests.Workspaces;

/// <summary>The server's own parts, as it wires them, on an engine in memory.</summary>
internal sealed class WorkspaceBench : IAsyncDisposable
{
    public static readonly Caller Owner = Caller.Local;

    private readonly TestServer _server;

    /// <param name="processors">Of the Docker host.</param>
    public WorkspaceBench(int processors = 4)
    {
        Docker = new DockerInMemory { Processors = processors };
        _server = TestServer.Whole(new() { ["MCP_DOCKER_HOST"] = Docker.Address });
    }

    public DockerInMemory Docker { get; }

    public WorkspaceDirectory Workspaces => Get<WorkspaceDirectory>();

    public T Get<T>()
        where T : notnull => _server.Services.GetRequiredService<T>();

    public async Task<Workspace> SpawnAsync(string? alias = null, bool persistent = false)
    {
        var request = new SpawnRequest { Image = "busybox", Alias = alias, Persistent = persistent };
        var spawned = await Get<SpawnService>().SpawnAsync(Owner, request, null, TestContext.Current.CancellationToken);
        return spawned.Workspace;
    }

    /// <summary>Kinds of what a reconciliation did.</summary>
    public async Task<IReadOnlyList<string>> ReconcileAsync(bool dryRun = false) => Kinds(
        await Get<Reconciler>().RunAsync(dryRun, TestContext.Current.CancellationToken));

    /// <summary>Kinds of what a collection did.</summary>
    public async Task<IReadOnlyList<string>> CollectAsync(bool dryRun = false) => Kinds(
        await Get<Janitor>().RunAsync(dryRun, TestContext.Current.CancellationToken));

    /// <summary>A row that a server before this one has left.</summary>
    public Workspace Leave(WorkspaceStatus status, string volume = "", bool persistent = false)
    {
        var id = WorkspaceId.New();
        var before = TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(1);
        var workspace = new Workspace
        {
            Id =
                id, Owner =
                    Owner.Name, Image = "docker.io/library/busybox:latest", ImageId = DockerInMemory.ImageId, Persistent = persistent,
            Status = status, VolumeName = volume.Length > 0 ? volume : $"mcpdevbench_transient_{id}", Uid = 70_000,
            Limits = new WorkspaceLimits(512, 1, 256), Network = "none", Labels = new Dictionary<string, string>(),
            Env = new Dictionary<string, string>(), CreatedAt = before, LastUsedAt = before,
        };
        Workspaces.Add(workspace);
        return workspace;
    }

    /// <summary>Volumes that neither wait in the pool nor carry the agent.</summary>
    public IEnumerable<string> VolumesInUse()
    {
        var pool = Get<VolumePool>().Names.Keys.SelectMany(name => new[] { name, HomeVolume.NameOf(name) });
        return Docker.Volumes.Keys.Except(pool).Where(name => !name.StartsWith("mcpdevbench_agent_", StringComparison.Ordinal));
    }

    /// <summary>Kept files, by their alias.</summary>
    public KeptFiles? Kept(string alias) => Get<KeptFileStore>().Find(Owner, alias);

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        Docker.Dispose();
        return ValueTask.CompletedTask;
    }

    private static IReadOnlyList<string> Kinds(Sweep sweep) => [.. sweep.Actions.Select(action => action.Kind)];
}
