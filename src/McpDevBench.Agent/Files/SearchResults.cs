using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Collects matches with the lines around them, until there are enough or the answer is as large as it may be; and what was
/// left out.</summary>
internal sealed class SearchResults(SearchRequest request)
{
    private const int MaxContext = 50;
    private const int MaxBytes = Protocol.MaxPayload - (256 << 10);

    // Each takes as long as a match may.
    private const int MaxSlowLines = 3;

    private readonly int _context = (int)Math.Min(request.Context, MaxContext);
    private readonly List<SearchMatch> _matches = [];
    private readonly Queue<string> _before = new();
    private readonly List<(int Match, List<string> Lines)> _waiting = [];
    private byte[] _path = [];
    private uint _files;
    private int _bytes;
    private SearchLimits _limits = new();

    public bool WantsContext => _context > 0;

    /// <summary>The search is to end here.</summary>
    public bool Stopped => _limits.Stop != SearchStop.None;

    public void BeginFile(byte[] path)
    {
        _path = path;
        _files++;
    }

    public void EndFile()
    {
        while (_waiting.Count > 0)
            Complete(0);
        _before.Clear();
    }

    /// <summary>A line without a match.</summary>
    public void Line(string text)
    {
        AddAfter(text);
        AddBefore(text);
    }

    public void Match(uint number, string text, ulong? offset)
    {
        AddAfter(text);
        string[] before = [.. _before];
        var cost = 82 + _path.Length + Cost(text);
        foreach (var line in before)
            cost += Cost(line);
        if (_matches.Count >= request.MaxResults || _bytes + cost > MaxBytes)
        {
            Stop(_matches.Count >= request.MaxResults ? SearchStop.Results : SearchStop.Size, _path, number - 1);
            return;
        }
        _matches.Add(new SearchMatch(_path, number, text, before, []) { Offset = offset });
        _bytes += cost;
        if (_context > 0)
            _waiting.Add((_matches.Count - 1, []));
        AddBefore(text);
    }

    /// <param name="path">The last entry that was searched.</param>
    /// <param name="line">Its last line that was searched; the largest number for all of them.</param>
    public void Stop(SearchStop why, byte[] path, uint line)
    {
        if (!Stopped)
            _limits = _limits with { Stop = why, Path = path, Line = line };
    }

    public void SlowLine(byte[] path, uint number)
    {
        _limits = _limits with { SlowLines = _limits.SlowLines + 1 };
        if (_limits.SlowLines >= MaxSlowLines)
            Stop(SearchStop.Pattern, path, number);
    }

    public void Unfinished() => _limits = _limits with { Unfinished = _limits.Unfinished + 1 };

    public void LongLine() => _limits = _limits with { LongLines = _limits.LongLines + 1 };

    public void Binary() => _limits = _limits with { Binary = _limits.Binary + 1 };

    public void Ignored(bool isGit) =>
        _limits = isGit ? _limits with { Git = _limits.Git + 1 } : _limits with { Ignored = _limits.Ignored + 1 };

    public void Link() => _limits = _limits with { Links = _limits.Links + 1 };

    /// <summary>Another match in the line of the last one.</summary>
    /// <param name="offset">Null where it is not known.</param>
    public void More(ulong? offset)
    {
        var match = _matches[^1];
        if (offset is { } at && match.MoreAt.Length < SearchMatch.MaxMoreAt)
        {
            match = match with { MoreAt = [.. match.MoreAt, at] };
            _bytes += sizeof(ulong);
        }
        _matches[^1] = match with { More = match.More + 1 };
    }

    public void MoreThanCounted() => _matches[^1] = _matches[^1] with { IsMoreUncounted = true };

    public void Unmatched() => _limits = _limits with { Unmatched = _limits.Unmatched + 1 };

    public void Unreadable(uint count = 1) => _limits = _limits with { Unreadable = _limits.Unreadable + count };

    public SearchResponse Response()
    {
        EndFile();
        return new SearchResponse(_matches, _files, Stopped) { Limits = _limits };
    }

    private void AddAfter(string text)
    {
        foreach (var (_, lines) in _waiting)
        {
            lines.Add(text);
            _bytes += Cost(text);
        }
        // Matches close together have their lines in common; where that adds up to too much, the last ones get fewer.
        while (_waiting.Count > 0 && (_waiting[0].Lines.Count == _context || _bytes > MaxBytes))
            Complete(0);
    }

    private void AddBefore(string text)
    {
        if (_context == 0)
            return;
        _before.Enqueue(text);
        if (_before.Count > _context)
            _before.Dequeue();
    }

    private void Complete(int index)
    {
        var (match, lines) = _waiting[index];
        _matches[match] = _matches[match] with { After = [.. lines] };
        _waiting.RemoveAt(index);
    }

    /// <summary>At most: three bytes a character, and the length.</summary>
    private static int Cost(string line) => (line.Length * 3) + 4;
}
