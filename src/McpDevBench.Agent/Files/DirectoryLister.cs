using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Pages of a directory, or of a whole tree. Every page begins anew after the last path of the one before: nothing is
/// remembered between them.</summary>
internal sealed class DirectoryLister(RootDirectory workspace)
{
    /// <summary>Of a page: each of the workers may be making one, and one more may be waiting to be sent.</summary>
    private const int MaxBytes = 256 << 10;

    private const int EntryOverhead = 64;

    /// <summary>After so long a page ends, with whatever it has.</summary>
    private const int MaxMilliseconds = 10_000;

    public ListResponse List(ListRequest request, Channel channel)
    {
        var glob = Glob.Of(request.Glob);
        var prefix = Prefix(request.Path);
        if (request.After.Length > 0 && !request.After.AsSpan().StartsWith(prefix))
            throw new OperationException(AgentStatus.Invalid, "after: is not a path of this directory");
        var entries = new List<FileStat>();
        var (bytes, ignoredEntries, git, unmatched) = (0, 0u, 0u, 0u);
        var deadline = Clock.Milliseconds + MaxMilliseconds;
        byte[] reached = request.After;
        var more = false;
        using var walk = new TreeWalk(
            workspace.Open(request.Path, Abi.O_PATH | Abi.O_DIRECTORY), request.Path, request.Recursive,
            request.After.AsSpan(Math.Min(prefix.Length, request.After.Length)));
        var ignored = request.IncludeIgnored ? null : new IgnoreStack(workspace, prefix);
        while (walk.Next(() => ignored?.Ignores(walk) != true))
        {
            channel.ThrowIfCancelled();
            var isIgnored = ignored?.Ignores(walk) == true;
            var isListed = !isIgnored && glob?.Matches(walk.Path) != false;
            if (Clock.Milliseconds > deadline || (isListed && (entries.Count == request.MaxEntries || bytes > MaxBytes)))
            {
                more = true;
                break;
            }
            var isGit = isIgnored && IgnoreStack.IsGit(walk);
            git += isGit ? 1u : 0;
            ignoredEntries += isIgnored && !isGit ? 1u : 0;
            unmatched += isIgnored || isListed ? 0u : 1;
            if (isListed && Describe(walk, prefix) is { } entry)
            {
                entries.Add(entry);
                bytes += EntryOverhead + entry.Path.Length + entry.LinkTarget.Length;
            }
            reached = [.. prefix, .. walk.Path];
        }
        return new ListResponse(entries, more)
        {
            Reached = more ? reached : [],
            Counts = new ListCounts(ignoredEntries, unmatched, walk.Unreadable, git),
        };
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
