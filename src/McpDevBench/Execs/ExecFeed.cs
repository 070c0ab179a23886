using McpDevBench.AgentProtocol;
using McpDevBench.Agents;

namespace McpDevBench.Execs;

/// <summary>Input on its way to a command, in pieces that the agent can take.</summary>
internal static class ExecFeed
{
    private const int Piece = 64 << 10;

    /// <summary>For what was given at the start; nobody waits for it.</summary>
    public static async Task FeedAllAsync(AgentLink link, ExecId id, byte[] data, bool eof)
    {
        try
        {
            await FeedAsync(link, id, data, eof, CancellationToken.None);
        }
        catch (RefusalException)
        {
            // It ended without reading all of its input, which is its right; the outcome tells.
        }
    }

    /// <returns>Bytes taken; false when the process takes no more.</returns>
    public static async Task<(int Taken, bool Open)> FeedAsync(AgentLink link, ExecId id, byte[] data, bool eof, CancellationToken cancellationToken)
    {
        var taken = 0;
        do
        {
            var piece = data.AsSpan(taken, Math.Min(Piece, data.Length - taken)).ToArray();
            var last = taken + piece.Length == data.Length;
            var input = new ExecInput(id.Value, piece, eof && last);
            var answer = await link.RequestAsync(Opcode.ExecInput, input.Write, ExecInputTaken.Read, repeatable: false, cancellationToken);
            taken += answer.Taken;
            if (!answer.Open || answer.Taken < piece.Length)
                return (taken, answer.Open);
        }
        while (taken < data.Length);
        return (taken, true);
    }
}
