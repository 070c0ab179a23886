using McpDevBench.AgentProtocol;
using McpDevBench.Agents;

namespace McpDevBench.Execs;

/// <summary>Controls running execs: input, signals, cancellation. Waiting ends with the caller; the command does not.</summary>
internal sealed class ExecControl(ExecLookup lookup, ExecSupervisor supervisor, StarvedEnds ends, AgentDirectory agents, TimeProvider time)
{
    private const int Kill = 9;

    /// <summary>How long exec_cancel waits for the end: less than the deadline of its call.</summary>
    private const double MaxCancelSeconds = 35;

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
        var exec = lookup.Find(caller, execId);
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

    private Exec FindRunning(Caller caller, string execId, out AgentLink link)
    {
        var exec = lookup.Find(caller, execId);
        if (supervisor.Find(exec.Id) is not { } active)
            throw new RequestException(ErrorCode.ExecNotFound, $"The exec {exec.Id} has ended.", "exec_poll has its output and exit code.");
        link = agents.Get(active.Container);
        return exec;
    }

    private static bool Nothing(ref MessageReader reader)
    {
        reader.End();
        return true;
    }
}
