using McpDevBench.AgentProtocol;
using McpDevBench.Agents;
using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>Signals to all commands of a workspace.</summary>
internal sealed class CommandControl(ExecSupervisor supervisor, AgentDirectory agents, TimeProvider time) : WorkspaceCommands
{
    private const byte Kill = 9, Continue = 18, Stop = 19;

    public override bool Any(ContainerId container) => supervisor.In(container).Any();

    public override Task<int?> EndAsync(ContainerId container, string note, TimeSpan timeout) =>
        SignalAsync(container, Kill, note, timeout);

    public override Task<int?> FreezeAsync(ContainerId container, string? note, TimeSpan timeout) =>
        SignalAsync(container, Stop, note, timeout);

    public override Task ThawAsync(ContainerId container, TimeSpan timeout) => SignalAsync(container, Continue, note: null, timeout);

    private async Task<int?> SignalAsync(ContainerId container, byte signal, string? note, TimeSpan timeout)
    {
        if (agents.TryGet(container) is not { } link)
            return null;
        using var deadline = new CancellationTokenSource(timeout, time);
        var sent = supervisor.In(container).ToList();
        if (note is not null)
            sent.ForEach(active => active.Note(note));
        try
        {
            await Task.WhenAll(sent.Select(active => SendAsync(link, active, signal, deadline.Token)));
            return sent.Count;
        }
        catch (Exception e) when (e is RequestException or OperationCanceledException)
        {
            return null;
        }
    }

    private static async Task SendAsync(AgentLink link, ActiveExec active, byte signal, CancellationToken cancellationToken)
    {
        try
        {
            await link.RequestAsync(
                Opcode.ExecSignal, new ExecSignal(active.Exec.Id.Value, signal).Write, static (ref MessageReader _) => true,
                repeatable: true, cancellationToken);
        }
        catch (RequestException e) when (e.Code == ErrorCode.ExecNotFound)
        {
            // It ended meanwhile, or never began.
        }
    }
}
