using McpDevBench.AgentProtocol;
using McpDevBench.Agents;

namespace McpDevBench.Execs;

/// <summary>Input on its way to a command, in pieces that the agent can take.</summary>
internal static class ExecFeed
{
    private const int Piece = 64 << 10;

    public const string PartlyTaken = "Part of the input may have been taken.";

    public const string AskPoll = "Call exec_poll to see whether the command still runs and what it has read.";

    private static readonly TimeSpan OfferTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Sends the stdin of the start in the background. Ends with the command.</summary>
    public static async Task FeedAllAsync(AgentLink link, ActiveExec active, byte[] data, bool eof)
    {
        CallDeadline.Leave();
        try
        {
            await FeedAsync(link, active.Exec.Id, data, eof, active.Over);
        }
        catch (Exception e) when (e is RequestException or OperationCanceledException)
        {
            // It ended without reading all of its input.
        }
    }

    /// <summary>As much as the process takes within a few seconds: a call is not held up by a process that does not read.</summary>
    /// <exception cref="RequestException">The agent did not report how much was taken.</exception>
    public static async Task<(int Taken, bool Open)> OfferAsync(
        AgentLink link, ExecId id, byte[] data, bool eof, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(OfferTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await FeedAsync(link, id, data, eof, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw await AgentSilence.DescribeAsync(link, PartlyTaken, AskPoll, timeout: OfferTimeout);
        }
    }

    /// <returns>Bytes taken; false when the process takes no more.</returns>
    private static async Task<(int Taken, bool Open)> FeedAsync(
        AgentLink link, ExecId id, byte[] data, bool eof, CancellationToken cancellationToken)
    {
        var taken = 0;
        do
        {
            var piece = data.AsSpan(taken, Math.Min(Piece, data.Length - taken)).ToArray();
            var last = taken + piece.Length == data.Length;
            var input = new ExecInput(id.Value, piece, eof && last);
            // A request that is cancelled is answered with what was taken until then.
            var answer = await link.RequestAsync(Opcode.ExecInput, input.Write, ExecInputTaken.Read, repeatable: false, cancellationToken);
            taken += answer.Taken;
            if (!answer.Open || answer.Taken < piece.Length)
                return (taken, answer.Open);
        }
        while (taken < data.Length && !cancellationToken.IsCancellationRequested);
        return (taken, true);
    }
}
