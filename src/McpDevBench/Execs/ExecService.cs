using McpDevBench.Storage;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>Runs commands in workspaces, each once for its idempotency key.</summary>
internal sealed class ExecService(
    WorkspaceRecovery recovery, ExecPlan plan, ExecLookup lookup, ExecLauncher launcher, DiskWatch disk, OutputLimit outputs,
    IdempotencyStore idempotency, KeyedLock keys)
{
    private const string ExecScope = "exec";

    /// <param name="onStarted">Called after start and before any exit event. If it throws, the exec is cancelled.</param>
    public async Task<StartedExec> StartAsync(Caller caller, ExecRequest request, Func<Task> onStarted, CancellationToken cancellationToken)
    {
        if (request.IdempotencyKey is not { } key)
            return await StartOnceAsync(caller, request, onStarted, cancellationToken);
        var workspace = await recovery.FindAsync(caller, request.Container, cancellationToken);
        using var _ = await keys.LockAsync($"{ExecScope}\n{caller.Name}\n{key}", cancellationToken);
        var fingerprint = Fingerprint(request with { Container = workspace.Id.ToString() });
        if (idempotency.Find(caller, ExecScope, key, fingerprint) is { } handle && ExecId.TryParse(handle, out var id)
            && lookup.Lookup(id) is { } present)
            return new StartedExec(lookup.Noted(present), TimeSpan.Zero, IsRepeated: true);
        var started = await StartOnceAsync(caller, request, onStarted, cancellationToken);
        idempotency.Save(caller, ExecScope, key, fingerprint, started.Exec.Id.ToString());
        return started;
    }

    private Task<StartedExec> StartOnceAsync(
        Caller caller, ExecRequest request, Func<Task> onStarted, CancellationToken cancellationToken) =>
        recovery.UseAsync(
            caller, request.Container, (workspace, _) => StartInAsync(workspace, request, onStarted, cancellationToken), cancellationToken);

    private async Task<StartedExec> StartInAsync(
        Workspace workspace, ExecRequest request, Func<Task> onStarted, CancellationToken cancellationToken)
    {
        var start = plan.Check(workspace, request);
        await disk.RequireRoomForCommandAsync(workspace);
        outputs.Require(workspace.Id);
        return await launcher.RunAsync(workspace, request, start, onStarted, cancellationToken);
    }

    private static string Fingerprint(ExecRequest request) => IdempotencyStore.Fingerprint(
        request.Container, request.Cmd?.Json(), request.Shell, request.Cwd, request.Env.Json(), request.Stdin, request.StdinOpen,
        request.TimeoutSeconds, request.Pty, request.Rows, request.Cols);
}
