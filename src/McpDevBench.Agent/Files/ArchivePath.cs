using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Names from an archive, which must not mean anything outside of where it is unpacked.</summary>
internal static class ArchivePath
{
    /// <summary>The name below the destination: without <c>.</c> and doubled slashes. Empty for the destination itself.</summary>
    public static byte[] Clean(ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("/"u8))
            throw Denied(name, "is absolute");
        if (name.Contains((byte)0))
            throw new OperationException(AgentStatus.Invalid, "archive: a name contains NUL");
        var clean = new List<byte>(name.Length);
        foreach (var range in name.Split((byte)'/'))
        {
            var part = name[range];
            if (part.SequenceEqual(".."u8))
                throw Denied(name, "contains ..");
            if (part.IsEmpty || part.SequenceEqual("."u8))
                continue;
            if (clean.Count > 0)
                clean.Add((byte)'/');
            clean.AddRange(part);
        }
        if (clean.Count > Protocol.MaxPath)
            throw new OperationException(AgentStatus.Invalid, $"archive: {Text.Show(name)}: the path is too long");
        return [.. clean];
    }

    /// <summary>A link is stored as it is, wherever it points: nothing here follows it out of the workspace.</summary>
    public static void CheckLink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target)
    {
        if (target.IsEmpty || target.Contains((byte)0) || target.Length > Protocol.MaxPath)
            throw new OperationException(AgentStatus.Invalid, $"archive: {Text.Show(path)} is a link without a possible target");
    }

    private static OperationException Denied(ReadOnlySpan<byte> name, string why)
        => new(AgentStatus.PathDenied, $"archive: {Text.Show(name)} {why}");
}
