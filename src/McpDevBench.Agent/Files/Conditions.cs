using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>What a request demands of the entry that it finds.</summary>
internal static class Conditions
{
    public static void Check(ReadOnlySpan<byte> path, Entry? found, ulong? ifMatch, bool ifNoneMatch)
    {
        if (ifNoneMatch && found is not null)
            throw new OperationException(AgentStatus.Conflict, $"{Text.Show(path)}: exists already");
        if (ifMatch is not { } wanted)
            return;
        if (found is not { } entry)
            throw new OperationException(AgentStatus.Conflict, $"{Text.Show(path)}: does not exist (any more)");
        if (entry.Etag != wanted)
            throw new OperationException(AgentStatus.Conflict, $"{Text.Show(path)}: has changed since it was read");
    }
}
