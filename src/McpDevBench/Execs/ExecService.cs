using System.Globalization;
using System.Text;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Workspaces;
using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;
using McpDevBench.Storage;

namespace McpDevBench.Execs;

/// <summary>
/// Commands as clients see them: start, wait, read, feed, signal, end. Waiting ends with the caller; the command does not.
/// </summary>
internal sealed class ExecService(
    ExecOptions options, WorkspaceDirectory workspaces, WorkspaceRecovery recovery, ExecSlots slots, ExecStarter starter,
    ExecSupervisor supervisor, StarvedEnds ends, OutputLimit outputs,
    ExecStore store, ExecKeys execKeys, AgentDirectory agents, DiskWatch disk, IdempotencyStore idempotency, KeyedLock keys,
    MetricCatalogue metrics,
    TimeProvider time)
{
    public const int MinTimeoutSeconds = 1;

    private const string ExecScope = "exec";
    private const int PageSize = 40, Kill = 9;

    /// <summary>How long exec_cancel waits for the end: less than the deadline of its call.</summary>
    private const double MaxCancelSeconds = 35;

    /// <param name="onStarted">Called after start and before any exit event. If it throws, the exec is cancelled.</param>
    public async Task<StartedExec> StartAsync(Caller caller, ExecRequest request, Func<Task> onStarted, CancellationToken cancellationToken)
    {
        if (request.IdempotencyKey is not { } key)
            return await StartOnceAsync(caller, request, onStarted, cancellationToken);
        await recovery.FindAsync(caller, request.Container, cancellationToken);
        using var _ = await keys.LockAsync($"{ExecScope}\n{caller.Name}\n{key}", cancellationToken);
        var fingerprint = Fingerprint(request);
        if (idempotency.Find(caller, ExecScope, key, fingerprint) is { } handle && ExecId.TryParse(handle, out var id)
            && Lookup(id) is { } present)
            return new StartedExec(Noted(present), TimeSpan.Zero, IsRepeated: true);
        var started = await StartOnceAsync(caller, request, onStarted, cancellationToken);
        idempotency.Save(caller, ExecScope, key, fingerprint, started.Exec.Id.ToString());
        return started;
    }

    /// <returns>Bytes taken; false when the process takes no more.</returns>
    public async Task<(int Taken, bool Open)> InputAsync(
        Caller caller, string execId, byte[] data, bool eof, (int Rows, int Cols)? resize, CancellationToken cancellationToken)
    {
        var exec = FindRunning(caller, execId, out var link);
        if (resize is var (rows, columns))
        {
            var size = new ExecResize(exec.Id.Value, (ushort)rows, (ushort)columns);
            await AgentSilence.ExplainAsync(
                link, () => link.RequestAsync(Opcode.ExecResize, size.Write, Nothing, repeatable: true, cancellationToken),
                "No input was sent.");
        }
        if (data.Length == 0 && !eof)
            return (0, true);
        var (taken, open) = await AgentSilence.ExplainAsync(
            link, () => ExecFeed.OfferAsync(link, exec.Id, data, eof, time, cancellationToken), ExecFeed.PartlyTaken, ExecFeed.AskPoll);
        if (taken == 0 && data.Length > 0 && !open)
            throw new RequestException(
                ErrorCode.InvalidArgument,
                $"The stdin of {exec.Id} is not open: "
                    + "the command was started without stdin_open=true or pty=true, or stdin was closed since.",
                "Call exec_start with stdin_open=true (or pty=true) to run the command again; exec_poll has what this one wrote.");
        return (taken, open);
    }

    /// <param name="signal">A Linux signal number; it goes to every process of the command.</param>
    public async Task<Exec> SignalAsync(Caller caller, string execId, int signal, CancellationToken cancellationToken)
    {
        var exec = FindRunning(caller, execId, out var link);
        var request = new ExecSignal(exec.Id.Value, (byte)signal);
        if (signal == Kill && supervisor.Find(exec.Id) is { } active)
            ends.Expect(active, TimeSpan.Zero);
        await AgentSilence.ExplainAsync(
            link, () => link.RequestAsync(Opcode.ExecSignal, request.Write, Nothing, repeatable: false, cancellationToken),
            "The signal may or may not have been sent.", "Call exec_poll to see what became of the command; then call again.");
        return exec;
    }

    /// <summary>Ends it, with everything it started, and waits for that.</summary>
    public async Task<Exec> CancelAsync(Caller caller, string execId, double graceSeconds, CancellationToken cancellationToken)
    {
        var exec = Find(caller, execId);
        if (supervisor.Find(exec.Id) is not { } active)
            return exec;
        var cancel = new ExecCancel(exec.Id.Value, (uint)(graceSeconds * 1000));
        ends.Expect(active, TimeSpan.FromSeconds(graceSeconds));
        try
        {
            var link = agents.Get(active.Container);
            await AgentSilence.ExplainAsync(
                link, () => link.RequestAsync(Opcode.ExecCancel, cancel.Write, Nothing, repeatable: true, cancellationToken),
                "The command may still run.");
        }
        catch (RequestException e) when (e.Code is ErrorCode.ExecNotFound or ErrorCode.WorkspaceLost)
        {
            // It ended meanwhile.
        }
        var timeout = TimeSpan.FromSeconds(Math.Min(graceSeconds + 15, MaxCancelSeconds));
        await active.WaitForEndAsync(timeout, time, onOutput: null, cancellationToken, alsoBackground: true);
        return active.Exec;
    }

    /// <summary>Whether a command does not go on, because its container is paused. False where Docker does not answer.</summary>
    public async Task<bool> IsPausedAsync(Exec exec) =>
        exec is { Complete: false } && supervisor.Find(exec.Id) is { } active && agents.TryGet(active.Container) is { } link
            && await AgentSilence.IsPausedAsync(link);

    /// <param name="container">Null for all of the owner's.</param>
    public ExecPage List(Caller caller, string? container, bool includeFinished, string? cursor)
    {
        var id = container is null ? default(WorkspaceId?) : workspaces.Find(caller, container).Id;
        var before = cursor is null ? default((long, string)?) : PageCursor.Parse(cursor);
        var execs = store.List(caller, id, includeFinished, before, PageSize + 1);
        var next = execs.Count > PageSize ? PageCursor.Of(execs[PageSize - 1].StartedAt, execs[PageSize - 1].Id.ToString()) : null;
        // What runs has its shell in memory alone, until it has ended.
        return new ExecPage([.. execs.Take(PageSize).Select(exec => supervisor.Find(exec.Id)?.Exec ?? exec)], next);
    }

    private Task<StartedExec> StartOnceAsync(
        Caller caller, ExecRequest request, Func<Task> onStarted, CancellationToken cancellationToken) =>
        recovery.UseAsync(
            caller, request.Container, (workspace, _) => StartInAsync(workspace, request, onStarted, cancellationToken), cancellationToken);

    private async Task<StartedExec> StartInAsync(
        Workspace workspace, ExecRequest request, Func<Task> onStarted, CancellationToken cancellationToken)
    {
        var start = Check(workspace, request);
        await disk.RequireRoomForCommandAsync(workspace);
        outputs.Require(workspace.Id);
        var id = new ExecId(start.Key);
        var asked = new Exec
        {
            Id = id,
            ContainerId = workspace.Id,
            Owner = workspace.Owner,
            Command = CommandText.Kept(request.Cmd ?? ["sh", "-c", request.Shell!]),
            IsScript = request.Shell is not null,
            StartedAt = time.GetUtcNow(),
            Timeout = start.TimeoutMs == 0 ? null : TimeSpan.FromMilliseconds(start.TimeoutMs),
            Notes = EndsWithTerminal(request) ? [ExecNotes.EndsWithTerminal] : [],
        };
        Noted(asked);
        var (exec, queued) = await slots.TakeAsync(asked, request.MaxQueueWait ?? options.StartQueueTimeout, cancellationToken);
        var began = time.GetTimestamp();
        var active = supervisor.Admit(exec, workspace.Container!);
        try
        {
            var link = await starter.StartAsync(active, start, cancellationToken);
            metrics.Execs.Started(time.GetElapsedTime(began));
            ends.ExpectAtTimeout(active);
            await AnnounceAsync(link, id, onStarted);
            if (request.Stdin is { } stdin)
                _ = ExecFeed.FeedAllAsync(link, active, Encoding.UTF8.GetBytes(stdin), eof: !request.StdinOpen);
        }
        finally
        {
            active.Announce();
        }
        return new StartedExec(active.Exec, queued);
    }

    private async Task AnnounceAsync(AgentLink link, ExecId id, Func<Task> onStarted)
    {
        try
        {
            await onStarted();
        }
        catch (RequestException)
        {
            BackgroundCancel.End(link, id, time);
            throw;
        }
    }

    private ExecStart Check(Workspace workspace, ExecRequest request)
    {
        if (request.Cmd is null == request.Shell is null)
            throw new RequestException(
                ErrorCode.InvalidArgument, "Exactly one of cmd and shell must be given.",
                "cmd is an array such as [\"python3\", \"main.py\"]; shell is one command line for bash or sh.");
        if (request.Cmd is { Count: 0 } or [""] or ["", ..])
            throw new RequestException(
                ErrorCode.InvalidArgument, "cmd is empty.", "Give the program and its arguments, such as [\"ls\", \"-l\"].");
        if ((request.Cmd ?? [request.Shell!]).Any(argument => argument.Contains('\0', StringComparison.Ordinal)))
            throw new RequestException(
                ErrorCode.InvalidArgument, "The command contains a NUL character.",
                "Write binary data to a file with fs_write, and pass its path.");
        if (request.AsRoot)
            throw new RequestException(
                ErrorCode.Forbidden, "as_root=true is not allowed on this server.",
                "Run it as the workspace's user; what needs root must be in the image.") { Rule = "root" };
        SpawnPlan.CheckEnvironment(request.Env);
        var byDefault = request.MayRunForever ? options.DefaultStartTimeout : options.DefaultTimeout;
        var timeout = request.TimeoutSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : byDefault;
        if (timeout < TimeSpan.FromSeconds(MinTimeoutSeconds) || timeout > options.MaxTimeout)
            throw SpawnPlan.Invalid(
                "timeout_s", timeout.Value.TotalSeconds.ToString(CultureInfo.InvariantCulture),
                $"from {MinTimeoutSeconds} to {options.MaxTimeout.TotalSeconds:0}");
        var env = new Dictionary<string, string>(workspace.Env, StringComparer.Ordinal);
        if (request.Pty)
            env["TERM"] = "xterm-256color";
        foreach (var (name, value) in request.Env)
            env[name] = value;
        return new ExecStart(
            execKeys.New(workspace.Id).Value, [.. request.Cmd ?? ["sh", "-c", request.Shell!]],
            [.. env.Select(pair => $"{pair.Key}={pair.Value}")],
            WorkingFolder.Of(request.Cwd, env),
            StdinOpen: request.StdinOpen || request.Stdin is not null, request.Pty, (ushort)request.Rows, (ushort)request.Cols,
            (uint)(timeout?.TotalMilliseconds ?? 0), (uint)options.TimeoutGrace.TotalMilliseconds,
            (uint)options.DrainWindow.TotalMilliseconds)
        {
            PrefersBash = request.Shell is not null,
            Reporting = ScriptOf(request) is { } script ? PipeScript.Reporting(script, env.Keys) ?? "" : "",
        };
    }

    private static bool EndsWithTerminal(ExecRequest request) =>
        request.Pty && ScriptOf(request) is { } script && ScriptReader.HasBackground(script);

    /// <summary>The script, if bash runs it.</summary>
    private static string? ScriptOf(ExecRequest request) => request switch
    {
        { Shell: { } script } => script,
        { Cmd: ["bash" or "/bin/bash" or "/usr/bin/bash", "-c" or "-lc" or "-ec" or "-euc" or "-lec", var script, ..] } => script,
        _ => null,
    };

    public Exec Find(Caller caller, string execId)
    {
        var found = ExecId.TryParse(execId, out var id) ? Lookup(id) : null;
        if (found is not null && found.Owner == caller.Name)
            return Noted(found);
        throw new RequestException(
            ErrorCode.ExecNotFound, $"There is no exec {CallFacts.Named(execId)}: it never existed, or its output has expired.",
            "Call list_execs to see what there is, or exec to run a command.");
    }

    /// <summary>Adds the exec to the facts of the call.</summary>
    private Exec Noted(Exec exec)
    {
        if (CallFacts.Current is { } facts)
            (facts.ExecId, facts.ContainerId) = (exec.Id.ToString(), exec.ContainerId.ToString());
        if (workspaces.Find(exec.ContainerId) is { } workspace)
            workspaces.Note(workspace);
        return exec;
    }

    private Exec FindRunning(Caller caller, string execId, out AgentLink link)
    {
        var exec = Find(caller, execId);
        if (supervisor.Find(exec.Id) is not { } active)
            throw new RequestException(ErrorCode.ExecNotFound, $"The exec {exec.Id} has ended.", "exec_poll has its output and exit code.");
        link = agents.Get(active.Container);
        return exec;
    }

    public Exec? Lookup(ExecId id) => supervisor.Find(id)?.Exec ?? store.Find(id);

    private static string Fingerprint(ExecRequest request) => IdempotencyStore.Fingerprint(
        request.Container, request.Cmd?.Json(), request.Shell, request.Cwd, request.Env.Json(), request.Stdin, request.StdinOpen,
        request.TimeoutSeconds, request.Pty, request.Rows, request.Cols);

    private static bool Nothing(ref MessageReader reader)
    {
        reader.End();
        return true;
    }
}
