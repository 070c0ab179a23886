using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>Finding lines in the text files of a tree.</summary>
internal sealed class Searching(Workspace workspace)
{
    private const long MaxFileSize = 16 << 20;

    public SearchResponse Search(SearchRequest request, Channel channel)
    {
        var matcher = new LineMatcher(request.Pattern, request.Literal, request.IgnoreCase);
        var glob = Glob.Of(request.Glob);
        var results = new SearchResults(request);
        var reader = new LineReader();
        var start = workspace.Open(request.Path, Abi.O_PATH);
        if (Entry.Of(start, request.Path).Kind != FileKind.Directory)
        {
            start.Dispose();
            using var only = FileReading.OpenRegular(workspace, request.Path, out _);
            SearchFile(only, request.Path, request, matcher, reader, results, channel);
            return results.Response();
        }
        using var walk = new TreeWalk(start, request.Path, recursive: true);
        var prefix = Listing.Prefix(request.Path);
        var ignored = request.IncludeIgnored ? null : new IgnoreStack(workspace, prefix);
        while (!results.Full && walk.Next(() => ignored?.Ignores(walk) != true))
        {
            channel.ThrowIfCancelled();
            if (walk.Type != Abi.DT_REG || glob?.Matches(walk.Path) == false || ignored?.Ignores(walk) == true || walk.Directory < 0)
                continue;
            var fd = Workspace.TryOpenBelow(walk.Directory, walk.Name, Abi.O_RDONLY | Abi.O_NOFOLLOW | Abi.O_NONBLOCK | Abi.O_NOCTTY);
            if (fd < 0)
                continue;
            using var file = new Fd(fd);
            SearchFile(file, [.. prefix, .. walk.Path], request, matcher, reader, results, channel);
        }
        return results.Response();
    }

    private static void SearchFile(
        Fd file, byte[] path, SearchRequest request, LineMatcher matcher, LineReader reader, SearchResults results, Channel channel)
    {
        if (Entry.Of(file, path) is not { Kind: FileKind.File, Size: <= MaxFileSize } || !reader.Open(file, request.IncludeIgnored))
            return;
        results.BeginFile(path);
        var giveUp = Clock.Milliseconds + 5_000;
        for (var number = 1u; !results.Full && reader.TryNext(out var line); number++)
        {
            results.Line(number, line, matcher.IsMatch(line));
            if (number % 1024 != 0)
                continue;
            channel.ThrowIfCancelled();
            if (Clock.Milliseconds > giveUp)
                throw LineMatcher.TooSlow();
        }
        results.EndFile();
    }
}
