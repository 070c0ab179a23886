using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Workspaces;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Files;

/// <summary>What a request does to a workspace's files.</summary>
internal enum FileEffect
{
    None,
    Changes,

    /// <summary>Changes that may take more disk.</summary>
    Adds,
}

/// <summary>Whether an operation adds nothing to a workspace: it deletes, moves, or makes a file shorter.</summary>
internal delegate Task<bool> NeedsNoRoom();

/// <summary>Sends file operations to the workspace's agent, checks the disk limit before writes, and measures them.</summary>
internal sealed class WorkspaceFiles(
    WorkspaceRecovery recovery, TransferSlots slots, DiskWatch disk, MetricCatalogue metrics, TimeProvider time)
{
    /// <summary>Operations that change nothing.</summary>
    private static readonly string[] _reading = ["read", "stat", "list", "search", "export"];

    /// <param name="operation">Its name in metrics.</param>
    /// <param name="repeatable">Doing it twice is as good as once.</param>
    public Task<T> RequestAsync<T>(
        Caller caller, string container, string operation, Opcode opcode, Action<MessageWriter> write, ReadMessage<T> read, bool repeatable,
        CancellationToken cancellationToken) =>
        UseAsync(
            caller, container, operation, EffectOf(operation, opcode), link => link.RequestAsync(
                opcode, write, read, repeatable, cancellationToken),
            cancellationToken);

    /// <summary>
    /// A request with content at the pace of a client of the file endpoint: as any stream, with a slot of its workspace.
    /// </summary>
    public async Task<T> TransferAsync<T>(Caller caller, string container, string operation, Opcode opcode, Action<MessageWriter> write,
        Func<AgentCall, Task<T>> action, CancellationToken cancellationToken)
    {
        using var slot = await TakeSlotAsync(caller, container, cancellationToken);
        return await StreamAsync(caller, container, operation, opcode, write, action, cancellationToken);
    }

    /// <summary>For what moves at the pace of a client of the file endpoint.</summary>
    public async Task<IDisposable> TakeSlotAsync(Caller caller, string container, CancellationToken cancellationToken) =>
        await slots.TakeAsync(await KeyOfAsync(caller, container, cancellationToken), cancellationToken);

    /// <summary>A request with content: gives <paramref name="action"/> the call, to send to or to receive from.</summary>
    /// <param name="effect">What this request does to the files, where its operation does not say.</param>
    /// <param name="needsNoRoom">Asked beyond the disk limit of a request that adds. Without it, such a request fails there.</param>
    public Task<T> StreamAsync<T>(
        Caller caller, string container, string operation, Opcode opcode, Action<MessageWriter> write, Func<AgentCall, Task<T>> action,
        CancellationToken cancellationToken, FileEffect? effect = null, NeedsNoRoom? needsNoRoom = null) =>
        UseAsync(caller, container, operation, effect ?? EffectOf(operation, opcode), async link =>
        {
            var connection = await link.ConnectionAsync(cancellationToken);
            return await connection.CallAsync(opcode, write, async call =>
            {
                await call.Sent.WaitAsync(cancellationToken);
                return await action(call);
            });
        }, cancellationToken, needsNoRoom);

    private Task<T> UseAsync<T>(
        Caller caller, string container, string operation, FileEffect effect, Func<AgentLink, Task<T>> action,
        CancellationToken cancellationToken, NeedsNoRoom? needsNoRoom = null) =>
        MeasuredAsync(operation, () => recovery.UseAsync(caller, container, async (workspace, link) =>
        {
            // Beyond the disk limit only what takes more of it fails.
            if (effect == FileEffect.Adds)
                await RequireRoomAsync(workspace, needsNoRoom);
            return await InTimeAsync(link, effect, action);
        }, cancellationToken));

    private static Task<T> InTimeAsync<T>(AgentLink link, FileEffect effect, Func<AgentLink, Task<T>> action) =>
        effect == FileEffect.None
            ? AgentSilence.ExplainAsync(link, () => action(link), "Nothing was changed.")
            : AgentSilence.ExplainAsync(
                link, () => action(link), "It is not known whether the change was made; it will not be made later.",
                "Look with fs_stat or fs_read what is there; then call again.",
                ifLost: "It is not known whether the change was made.");

    private static FileEffect EffectOf(string operation, Opcode opcode)
    {
        if (_reading.Contains(operation))
            return FileEffect.None;
        return opcode is Opcode.Write or Opcode.Batch or Opcode.Import ? FileEffect.Adds : FileEffect.Changes;
    }

    /// <summary>One key for one workspace, whether a call names it by id or by alias.</summary>
    public async Task<string> KeyOfAsync(Caller caller, string container, CancellationToken cancellationToken) =>
        (await recovery.FindAsync(caller, container, cancellationToken)).Id.ToString();

    private async Task RequireRoomAsync(Workspace workspace, NeedsNoRoom? needsNoRoom)
    {
        try
        {
            await disk.RequireRoomAsync(workspace);
        }
        catch (RequestException) when (needsNoRoom is not null)
        {
            if (!await needsNoRoom())
                throw;
        }
    }

    private async Task<T> MeasuredAsync<T>(string operation, Func<Task<T>> action)
    {
        var started = time.GetTimestamp();
        var result = "success";
        try
        {
            return await action();
        }
        catch (Exception e)
        {
            result = ErrorCodes.NameOf(e);
            throw;
        }
        finally
        {
            metrics.Files.Done(operation, result, time.GetElapsedTime(started));
        }
    }
}
