using McpDevBench.Execs;
using McpDevBench.Storage;
using McpDevBench.Workspaces;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace McpDevBench.Tests.Execs;

public sealed class OutputRetentionTests : IDisposable
{
    private const long MiB = 1 << 20;

    private readonly TemporaryFolder _files = new();
    private readonly FakeTimeProvider _time = Clocks.Standing();
    private readonly Database _database;
    private readonly ExecStore _store;
    private readonly OutputFolder _folder;
    private readonly WorkspaceDirectory _workspaces;
    private readonly ExecOptions _options = ExecOptions.Read(new Settings(new ConfigurationBuilder().Build())) with
    {
        MaxWorkspaceOutputBytes = 3 * MiB, MaxTotalOutputBytes = 5 * MiB,
    };

    public OutputRetentionTests()
    {
        var storage = new StorageOptions { StateDatabase = _files["state.db"] };
        _database = Storages.Open(storage, Metering.Catalogue(), _time);
        (_store, _folder) = (new ExecStore(_database), new OutputFolder(storage, _options, Storages.Disk(storage, Metering.Catalogue())));
        _workspaces = new WorkspaceDirectory(
            new WorkspaceStore(_database), new KeptFileStore(_database), _time, NullLogger<WorkspaceDirectory>.Instance);
    }

    public void Dispose()
    {
        _database.Dispose();
        _files.Dispose();
    }

    [Fact]
    public void Beyond_a_workspace_s_limit_its_oldest_output_is_removed_and_the_command_says_so()
    {
        var (mine, other) = (Spawn(), Spawn());
        ExecId[] execs = [Run(mine), Run(mine), Run(other), Run(mine), Run(mine)];
        Apply();
        Assert.Equal([false, true, true, true, true], execs.Select(IsThere));
        var exec = _store.Find(execs[0])!;
        Assert.True(exec.OutputRemoved);
        Assert.Contains("MCP_WORKSPACE_OUTPUT_MB", Assert.Single(exec.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Beyond_the_server_s_limit_the_oldest_of_all_goes()
    {
        var execs = Enumerable.Range(0, 3).Select(_ => Spawn()).SelectMany(id => new[] { Run(id), Run(id) }).ToList();
        Apply();
        Assert.Equal([false, true, true, true, true, true], execs.Select(IsThere));
        Assert.Contains("MCP_TOTAL_OUTPUT_MB", Assert.Single(_store.Find(execs[0])!.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Output_goes_with_its_workspace_but_not_while_somebody_may_still_read_it()
    {
        var id = Spawn();
        var exec = Run(id);
        _workspaces.Remove(_workspaces.Find(id)!);
        Apply();
        Assert.True(IsThere(exec));
        _time.Advance(TimeSpan.FromMinutes(1));
        Apply();
        Assert.False(IsThere(exec));
        Assert.Contains("with the workspace", Assert.Single(_store.Find(exec)!.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void What_still_runs_keeps_its_output()
    {
        var id = Spawn();
        ExecId[] execs = [Run(id, ended: false), Run(id), Run(id), Run(id), Run(id)];
        Apply();
        Assert.Equal([true, false, true, true, true], execs.Select(IsThere));
    }

    /// <summary>A line that comes alone takes a block of the disk, and its folder another one.</summary>
    [Fact]
    public void Small_output_counts_as_what_it_takes_on_the_disk()
    {
        var id = Spawn();
        var execs = Enumerable.Range(0, 1000).Select(_ => Run(id, bytes: 1)).ToList();
        Apply();
        Assert.Equal(3 * MiB / (2 * 4096), execs.Count(IsThere));
        Assert.True(IsThere(execs[^1]));
    }

    private void Apply() =>
        new OutputRetention(
            _options, _store, _folder, _workspaces, Metering.Periodic(), Metering
                .Catalogue(), _time, NullLogger<OutputRetention>.Instance).Apply();

    private bool IsThere(ExecId exec)
    {
        using var log = _folder.Open(exec);
        return log.EndOffset > 0;
    }

    private WorkspaceId Spawn()
    {
        var id = WorkspaceId.New();
        _workspaces.Add(new Workspace
        {
            Id = id, Owner = "me", Image = "i", Persistent = false, Status = WorkspaceStatus.Running, VolumeName = $"v_{id}",
            Limits = new WorkspaceLimits(64, 1, 64), Network = "none", Labels = new Dictionary<string, string>(),
            Env = new Dictionary<string, string>(), CreatedAt = _time.GetUtcNow(), LastUsedAt = _time.GetUtcNow(),
        });
        return id;
    }

    /// <summary>A command that printed as much as one MiB on the disk, or less.</summary>
    private ExecId Run(WorkspaceId id, bool ended = true, long bytes = MiB - (8 * 4096))
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        var exec = new Exec { Id = ExecId.New(), ContainerId = id, Owner = "me", Command = ["true"], StartedAt = _time.GetUtcNow() };
        _store.Insert(exec);
        using var log = _folder.Open(exec.Id);
        for (var left = bytes; left > 0; left -= 8 << 10)
            log.Append(1, 0, new byte[Math.Min(left, 8 << 10)]);
        if (ended)
            _store.Finish(
                exec with { EndedAt = _time.GetUtcNow(), Outcome = ExecOutcome.Exited, Usage = new ExecUsage(1, 1, 1, bytes, 0) });
        return exec.Id;
    }
}
