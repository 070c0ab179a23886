using McpDevBench.Tests.Workspaces;
using System.Text;
using McpDevBench.AgentProtocol;
using McpDevBench.Execs;
using McpDevBench.Observability.Metrics;
using McpDevBench.Storage;
using McpDevBench.Workspaces;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Execs;

/// <summary>Supervised execs, from their output to their end, and across a restart of the server.</summary>
public sealed class ExecSupervisorTests : IDisposable
{
    private static readonly ContainerId Box = new("box");

    private readonly TemporaryFolder _folder = new();
    private readonly MetricCatalogue _metrics = Metering.Catalogue();
    private readonly StorageOptions _storage;
    private readonly ExecOptions _options = ExecOptions.Read(new Settings(new ConfigurationBuilder().Build()));
    private readonly Database _database;
    private readonly InstanceKey _key;
    private readonly ExecStore _store;
    private readonly WorkspaceDirectory _workspaces;
    private readonly Workspace _workspace;
    private readonly ExecSlots _slots;
    private readonly ExecSupervisor _supervisor;

    public ExecSupervisorTests()
    {
        _storage = new StorageOptions { StateDatabase = _folder["state.db"] };
        _database = Storages.Open(_storage, _metrics, TimeProvider.System);
        _key = new InstanceKey(_storage, _database);
        _store = new ExecStore(_database);
        _workspaces = new WorkspaceDirectory(
            new WorkspaceStore(_database), new KeptFileStore(_database), TimeProvider.System, NullLogger<WorkspaceDirectory>.Instance);
        _workspace = WorkspacesByHand.NewWorkspace(container: Box);
        _workspaces.Add(_workspace);
        _slots = new ExecSlots(_options, _metrics, TimeProvider.System);
        _supervisor = Supervisor();
    }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Output_and_end_are_on_disk_when_the_exec_is_over()
    {
        var active = await StartAsync();
        Assert.True(Print(active, "hello"));
        Assert.True(active.Arrive(Exit(active, produced: 5, code: 3)));
        await EndAsync(active);
        var stored = _store.Find(active.Exec.Id)!;
        Assert.Equal((ExecOutcome.Exited, 3, true), (stored.Outcome, stored.ExitCode, stored.Complete));
        Assert.Equal((5L, 0L), (stored.Usage!.StdoutBytes, stored.Usage.StderrBytes));
        Assert.Equal("hello", Output(active.Exec.Id));
        Assert.Null(_supervisor.Find(active.Exec.Id));
        Assert.Contains("mcp_executions_running 0\n", await MetricsAsync(), StringComparison.Ordinal);
        Assert.Contains("mcp_executions_total{outcome=\"exited\"} 1\n", await MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_end_is_recorded_after_the_start_has_been_announced()
    {
        var active = await StartAsync(isAnnounced: false);
        active.Arrive(Exit(active, produced: 0, code: 0));
        // A later exec is over before this one is announced: the supervisor waits for nothing else.
        var other = await StartAsync();
        other.Arrive(Exit(other, produced: 0, code: 0));
        await EndAsync(other);
        Assert.False(active.Exec.Finished);
        active.Announce();
        await EndAsync(active);
        Assert.Equal(ExecOutcome.Exited, active.Exec.Outcome);
    }

    [Fact]
    public async Task Background_processes_are_supervised_without_a_slot_until_they_end()
    {
        var active = await StartAsync();
        Print(active, "one");
        active.Arrive(new ExecBackground(Exit(active, produced: 3, code: 0), 1, [new ExecProcess(7, "sleep 9")]));
        await Eventually.IsAsync(() => active.Exec.Finished);
        Assert.Same(active, _supervisor.Find(active.Exec.Id));
        Assert.Equal("7 sleep 9", Assert.Single(active.Exec.Background!.Named));
        Assert.Contains("mcp_executions_background 1\n", await MetricsAsync(), StringComparison.Ordinal);
        Print(active, "two", at: 3);
        active.Arrive(Exit(active, produced: 6, code: 9));
        await EndAsync(active);
        var stored = _store.Find(active.Exec.Id)!;
        Assert.Equal((0, true, 6L), (stored.ExitCode, stored.DrainedAt is not null, stored.Usage!.StdoutBytes));
        Assert.Equal("onetwo", Output(active.Exec.Id));
        Assert.Contains("mcp_executions_background 0\n", await MetricsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_container_ends_its_execs_and_keeps_their_output()
    {
        var (lost, other) = (await StartAsync(), await StartAsync(new ContainerId("other")));
        Print(lost, "half");
        _supervisor.Lost(Box);
        await EndAsync(lost);
        Assert.Equal((ExecOutcome.WorkspaceLost, "half"), (lost.Exec.Outcome, Output(lost.Exec.Id)));
        Assert.Equal(WorkspaceStatus.Stopped, _workspaces.Find(_workspace.Id)!.Status);
        Assert.Same(other, _supervisor.Find(other.Exec.Id));
    }

    [Fact]
    public async Task A_restarted_server_resumes_the_execs_of_the_last_one()
    {
        var (known, unsettled, gone) = (Row(_workspace.Id), Row(_workspace.Id), Row(WorkspaceId.New()));
        _store.Doubt(unsettled.Id);
        var restarted = Supervisor();
        restarted.Recover();
        var active = restarted.Find(known.Id)!;
        Assert.Equal((Box, true, true), (active.Container, active.Recovered, active.Confirmed));
        Assert.False(restarted.Find(unsettled.Id)!.Confirmed);
        await Eventually.IsAsync(() => restarted.Find(gone.Id) is null);
        Assert.Equal(ExecOutcome.WorkspaceLost, _store.Find(gone.Id)!.Outcome);
        active.Arrive(Exit(active, produced: 0, code: 0));
        await EndAsync(active);
        Assert.Equal(ExecOutcome.Exited, _store.Find(known.Id)!.Outcome);
    }

    [Fact]
    public async Task Nothing_remains_of_a_start_that_failed()
    {
        var active = await StartAsync();
        _supervisor.Dismiss(active);
        Assert.Null(_store.Find(active.Exec.Id));
        Assert.Null(_supervisor.Find(active.Exec.Id));
        Assert.True(active.Over.IsCancellationRequested);
    }

    private ExecSupervisor Supervisor()
    {
        var folder = new OutputFolder(_storage, _options, Storages.Disk(_storage, _metrics));
        var audit = new ExecAudit(Storages.Audit(_storage, _metrics, _key), _workspaces);
        return new ExecSupervisor(
            _slots, _store, _workspaces, new OrphanedExecs(new ExecKeys(_key), _store, TimeProvider.System),
            new ExecRecorder(
                _options, _store, folder, audit, _workspaces, _metrics, TimeProvider.System, NullLogger<ExecRecorder>.Instance),
            _metrics, NullLogger<ExecSupervisor>.Instance);
    }

    private async Task<ActiveExec> StartAsync(ContainerId? container = null, bool isAnnounced = true)
    {
        var (exec, _) = await _slots.TakeAsync(New(_workspace.Id), TimeSpan.Zero, TestContext.Current.CancellationToken);
        _store.Insert(exec);
        var active = _supervisor.Admit(exec, container ?? Box);
        _metrics.Execs.Started(TimeSpan.Zero);
        if (isAnnounced)
            active.Announce();
        return active;
    }

    private Exec Row(WorkspaceId workspace)
    {
        var exec = New(workspace);
        _store.Insert(exec);
        return exec;
    }

    private static Exec New(WorkspaceId workspace) => new()
    {
        Id = new ExecId(Guid.NewGuid()), ContainerId = workspace, Owner = "local", Command = ["true"],
        StartedAt = TimeProvider.System.GetUtcNow(),
    };

    private static bool Print(ActiveExec active, string text, ulong at = 0) =>
        active.Arrive(new ExecOutput(active.Exec.Id.Value, at, OutputStream.Stdout, 1), Encoding.UTF8.GetBytes(text));

    private static ExecExited Exit(ActiveExec active, ulong produced, int code) =>
        new(active.Exec.Id.Value, produced, ExecEnd.Exited, code, 0, 1, 1, 1);

    private static Task EndAsync(ActiveExec active) => Eventually.IsAsync(() => active.Over.IsCancellationRequested);

    private string Output(ExecId id)
    {
        using var log = new OutputFolder(_storage, _options, Storages.Disk(_storage, _metrics)).Open(id);
        var text = new StringBuilder();
        log.Read(-1, (in OutputRecord _, ReadOnlySpan<byte> content) =>
        {
            text.Append(Encoding.UTF8.GetString(content));
            return true;
        });
        return text.ToString();
    }

    private Task<string> MetricsAsync() => _metrics.ExportAsync(TestContext.Current.CancellationToken);
}
