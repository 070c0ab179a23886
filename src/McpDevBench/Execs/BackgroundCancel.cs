using McpDevBench.AgentProtocol;
using McpDevBench.Agents;

namespace McpDevBench.Execs;

/// <summary>Cancels an exec that must not run, in the background: one attempt with a deadline.</summary>
internal static class BackgroundCancel
{
    public static void End(AgentLink link, ExecId id, TimeProvider time)
    {
        CallDeadline.Leave();
        _ = EndAsync(link, id, time);
    }

    private static async Task EndAsync(AgentLink link, ExecId id, TimeProvider time)
    {
        using var timeout = new CancellationTokenSource(CallDeadline.DefaultTimeout, time);
        try
        {
            await link.RequestAsync(
                Opcode.ExecCancel, new ExecCancel(id.Value, GraceMs: 0).Write, static (ref MessageReader _) => true, repeatable: true,
                timeout.Token);
        }
        catch (Exception e) when (e is RequestException or OperationCanceledException)
        {
            // It has ended, or its agent does not answer: the next connection finds it again.
        }
    }
}
