using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>Names from an archive, which must not mean anything outside of where it is unpacked.</summary>
internal static class ArchivePath
{
    /// <summary>The name below the destination: without <c>.</c> and doubled slashes. Empty for the destination itself.</summary>
    public static byte[] Clean(byte[] prefix, ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("/"u8))
            throw Denied(name, "is absolute");
        if (name.Contains((byte)0))
            throw new RefusalException(AgentStatus.Invalid, "archive: a name contains NUL");
        var clean = new List<byte>(prefix.Length + name.Length);
        clean.AddRange(prefix);
        foreach (var range in name.Split((byte)'/'))
        {
            var part = name[range];
            if (part.SequenceEqual(".."u8))
                throw Denied(name, "contains ..");
            if (part.IsEmpty || part.SequenceEqual("."u8))
                continue;
            if (clean.Count > prefix.Length)
                clean.Add((byte)'/');
            clean.AddRange(part);
        }
        if (clean.Count > Protocol.MaxPath)
            throw new RefusalException(AgentStatus.Invalid, $"archive: {Text.Show(name)}: the path is too long");
        return clean.Count == prefix.Length ? [] : [.. clean];
    }

    /// <summary>A link may only point to where its own words stay inside the workspace.</summary>
    public static void CheckLink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target)
    {
        if (target.IsEmpty || target.StartsWith("/"u8) || target.Contains((byte)0))
            throw Denied(path, "is a link to an absolute path, or to nothing");
        var depth = path.Count((byte)'/');
        foreach (var range in target.Split((byte)'/'))
        {
            var part = target[range];
            if (part.IsEmpty || part.SequenceEqual("."u8))
                continue;
            depth += part.SequenceEqual(".."u8) ? -1 : 1;
            if (depth < 0)
                throw Denied(path, "is a link that leads out of the workspace");
        }
    }

    private static RefusalException Denied(ReadOnlySpan<byte> name, string why)
        => new(AgentStatus.PathDenied, $"archive: {Text.Show(name)} {why}");
}
