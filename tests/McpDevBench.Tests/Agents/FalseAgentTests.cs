using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Tests.Workspaces;
using McpDevBench.Workspaces;
using McpDevBench.Engine;
using McpDevBench.Execs;
using McpDevBench.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Agents;

/// <summary>An agent that speaks of commands: only those that this server started in its container, and each once.</summary>
public sealed class FalseAgentTests : IAsyncLifetime
{
    private static readonly ContainerId Box = new("box");
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly Database _database;
    private readonly InstanceKey _key;
    private readonly ExecKeys _keys;
    private readonly WorkspaceDirectory _workspaces;
    private readonly ExecStore _store;
    private readonly SentenceLog _log = new();
    private readonly Workspace _workspace;
    private ScriptedEngine? _scripted;
    private DockerEngine? _engine;
    private AgentDirectory? _agents;

    public FalseAgentTests()
    {
        var storage = new StorageOptions { StateDatabase = _folder["state.db"] };
        var metrics = Metering.Catalogue();
        _database = Storages.Open(storage, metrics, TimeProvider.System);
        _key = new InstanceKey(storage, _database);
        _keys = new ExecKeys(_key);
        _store = new ExecStore(_database);
        _workspaces = new WorkspaceDirectory(
            new WorkspaceStore(_database), new KeptFileStore(_database), TimeProvider.System, NullLogger<WorkspaceDirectory>.Instance);
        _workspace = WorkspacesByHand.NewWorkspace(container: Box);
        _workspaces.Add(_workspace);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_agents is not null)
            await _agents.DisposeAsync();
        _engine?.Dispose();
        _scripted?.Dispose();
        _database.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Ends_of_commands_that_nobody_started_end_the_stream()
    {
        Resume([], async agent =>
        {
            for (var i = 0; i < 1_000_000; i++)
                await agent.SendAsync(FrameKind.ExecExited, Exit(Guid.NewGuid()));
        });
        Assert.Contains("does not run there", await _log.Reason("Agent broke the protocol"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_of_a_command_that_nobody_started_ends_the_stream()
    {
        Resume([], async agent =>
        {
            await agent.SendAsync(FrameKind.ExecOutput, to => new ExecOutput(Guid.NewGuid(), 0, OutputStream.Stdout, 0).Write(to));
            await agent.SilenceAsync();
        });
        Assert.Contains("does not run there", await _log.Reason("Agent broke the protocol"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_welcome_with_a_command_that_this_server_did_not_start_there_ends_the_stream()
    {
        // Ours, but of another workspace.
        var foreign = _keys.New(WorkspaceId.New()).Value;
        Resume([foreign], agent => agent.SilenceAsync());
        Assert.Contains("did not start there", await _log.Reason("Agent broke the protocol"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_the_lost_database_knew_is_ended_and_its_end_taken_once()
    {
        var key = _keys.New(_workspace.Id).Value;
        var acknowledged = new TaskCompletionSource();
        Resume([key], async agent =>
        {
            var cancelled = 0u;
            var granted = false;
            while (cancelled == 0 || !granted)
            {
                var (header, payload) = await agent.ReadAsync();
                granted |= header.Kind == FrameKind.ExecAck;
                if (header.Kind == FrameKind.Request && payload[0] == (byte)Opcode.ExecCancel)
                    cancelled = header.Channel;
            }
            await agent.SendAsync(FrameKind.Response, cancelled, [(byte)AgentStatus.Ok]);
            await agent.SendAsync(FrameKind.ExecExited, Exit(key));
            while ((await agent.ReadAsync()).Header.Kind != FrameKind.ExecAck)
            {
                // A ping may come before.
            }
            acknowledged.SetResult();
            await agent.SendAsync(FrameKind.ExecExited, Exit(key));
            await agent.SilenceAsync();
        });
        await acknowledged.Task.WaitAsync(_patience, TestContext.Current.CancellationToken);
        Assert.Contains("does not run there", await _log.Reason("Agent broke the protocol"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_whose_row_has_another_form_of_key_is_known_by_its_row()
    {
        var key = Guid.NewGuid();
        var exec = new Exec
        {
            Id =
                new ExecId(key), ContainerId =
                    _workspace.Id, Owner = "local", Command = ["true"], StartedAt = TimeProvider.System.GetUtcNow(),
        };
        _store.Insert(exec);
        _store.Finish(
            exec with { Outcome = ExecOutcome.Exited, ExitCode = 0, EndedAt = exec.StartedAt, Usage = new ExecUsage(0, 0, 0, 0, 0) });
        var acknowledged = new TaskCompletionSource();
        Resume([key], async agent =>
        {
            await agent.SendAsync(FrameKind.ExecExited, Exit(key));
            for (var acks = 0; acks < 2;)
                acks += (await agent.ReadAsync()).Header.Kind == FrameKind.ExecAck ? 1 : 0;
            acknowledged.SetResult();
            await agent.SilenceAsync();
        });
        await acknowledged.Task.WaitAsync(_patience, TestContext.Current.CancellationToken);
    }

    private static Action<MessageWriter> Exit(Guid key) => new ExecExited(key, 0, ExecEnd.Exited, 0, 0, 1, 1, 1).Write;

    /// <summary>The server takes up the connection to an agent that lists these commands.</summary>
    private void Resume(IReadOnlyList<Guid> execs, Func<ScriptedAgent, Task> agent)
    {
        var metrics = Metering.Catalogue();
        _scripted = new ScriptedEngine(call => call == "exec_create", agent) { Execs = [.. execs.Select(
            key => new ExecPosition(key, 0, 0))] };
        _engine = _scripted.Connect();
        var storage = new StorageOptions { StateDatabase = _folder["state.db"] };
        var options = ExecOptions.Read(new Settings(new ConfigurationBuilder().Build()));
        var folder = new OutputFolder(storage, options, Storages.Disk(storage, metrics));
        var audit = new ExecAudit(Storages.Audit(storage, metrics, _key), _workspaces);
        var supervisor = new ExecSupervisor(
            new ExecSlots(options, metrics, TimeProvider.System), _store, _workspaces,
            new OrphanedExecs(_keys, _store, TimeProvider.System),
            new ExecRecorder(
                options, _store, folder, audit, _workspaces, metrics, TimeProvider.System, NullLogger<ExecRecorder>.Instance),
            metrics, NullLogger<ExecSupervisor>.Instance);
        _agents = new AgentDirectory(
            new AgentTransports(_engine, new EngineContainers(_engine, TimeProvider.System, NullLogger<EngineContainers>.Instance)),
            supervisor, metrics, TimeProvider.System, _log);
        _agents.Resume(Box, new byte[Handshake.SecretLength]);
    }
}
