using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>Pages of a directory, or of a whole tree. Every page begins anew after the last path of the one before: nothing is remembered between them.</summary>
internal sealed class Listing(Workspace workspace)
{
    /// <summary>Of a page: each of the workers may be making one, and one more may be waiting to be sent.</summary>
    private const int MaxBytes = 256 << 10;

    private const int EntryOverhead = 64;

    public ListResponse List(ListRequest request, Channel channel)
    {
        var glob = Glob.Of(request.Glob);
        var prefix = Prefix(request.Path);
        if (request.After.Length > 0 && !request.After.AsSpan().StartsWith(prefix))
            throw new RefusalException(AgentStatus.Invalid, "after: is not a path of this directory");
        var entries = new List<FileStat>();
        var bytes = 0;
        using var walk = new TreeWalk(
            workspace.Open(request.Path, Abi.O_PATH | Abi.O_DIRECTORY), request.Path, request.Recursive, request.After.AsSpan(Math.Min(prefix.Length, request.After.Length)));
        while (walk.Next())
        {
            channel.ThrowIfCancelled();
            if (glob?.Matches(walk.Path) == false)
                continue;
            if (entries.Count == request.MaxEntries || bytes > MaxBytes)
                return new ListResponse(entries, More: true);
            if (Describe(walk, prefix) is not { } entry)
                continue;
            entries.Add(entry);
            bytes += EntryOverhead + entry.Path.Length + entry.LinkTarget.Length;
        }
        return new ListResponse(entries, More: false);
    }

    public static byte[] Prefix(ReadOnlySpan<byte> path)
    {
        path = path.TrimEnd((byte)'/');
        return path.IsEmpty ? [] : [.. path, (byte)'/'];
    }

    /// <returns>Null for an entry that has gone since its directory was read.</returns>
    private static FileStat? Describe(TreeWalk walk, byte[] prefix)
    {
        if (walk.Directory < 0)
            return null;
        var name = walk.NameZ;
        return Entry.Find(walk.Directory, name)?.ToFileStat([.. prefix, .. walk.Path], walk.Directory, name);
    }
}
