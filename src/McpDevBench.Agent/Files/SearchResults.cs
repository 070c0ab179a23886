using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>Collects matches with the lines around them, until there are enough or the answer is as large as it may be.</summary>
internal sealed class SearchResults(SearchRequest request)
{
    private const int MaxCharacters = 1_000;
    private const int MaxContext = 50;
    private const int MaxBytes = Protocol.MaxPayload - (256 << 10);

    private readonly int _context = (int)Math.Min(request.Context, MaxContext);
    private readonly List<SearchMatch> _matches = [];
    private readonly Queue<string> _before = new();
    private readonly List<(int Match, List<string> Lines)> _waiting = [];
    private byte[] _path = [];
    private uint _files;
    private int _bytes;
    private bool _truncated;

    /// <summary>No further match can be taken.</summary>
    public bool Full => _truncated;

    public void BeginFile(byte[] path)
    {
        _path = path;
        _files++;
    }

    public void Line(uint number, ReadOnlySpan<byte> line, bool isMatch)
    {
        if (!isMatch && _context == 0)
            return;
        var text = Cut(line);
        foreach (var (_, lines) in _waiting)
        {
            lines.Add(text);
            _bytes += Cost(text);
        }
        // Matches close together have their lines in common; where that adds up to too much, the last ones get fewer.
        while (_waiting.Count > 0 && (_waiting[0].Lines.Count == _context || _bytes > MaxBytes))
            Complete(0);
        if (isMatch)
            Match(number, text);
        _before.Enqueue(text);
        if (_before.Count > _context)
            _before.Dequeue();
    }

    public void EndFile()
    {
        while (_waiting.Count > 0)
            Complete(0);
        _before.Clear();
    }

    public SearchResponse Response()
    {
        EndFile();
        return new SearchResponse(_matches, _files, _truncated);
    }

    private void Match(uint number, string text)
    {
        string[] before = [.. _before];
        var cost = 64 + _path.Length + Cost(text) + before.Sum(Cost);
        if (_matches.Count >= request.MaxResults || _bytes + cost > MaxBytes)
        {
            _truncated = true;
            return;
        }
        _matches.Add(new SearchMatch(_path, number, text, before, []));
        _bytes += cost;
        if (_context > 0)
            _waiting.Add((_matches.Count - 1, []));
    }

    private void Complete(int index)
    {
        var (match, lines) = _waiting[index];
        _matches[match] = _matches[match] with { After = [.. lines] };
        _waiting.RemoveAt(index);
    }

    /// <summary>At most: three bytes a character, and the length.</summary>
    private static int Cost(string line) => (line.Length * 3) + 4;

    private static string Cut(ReadOnlySpan<byte> line)
    {
        // No character needs more than four bytes.
        var text = Encoding.UTF8.GetString(line[..Math.Min(line.Length, MaxCharacters * 4)]);
        if (text.Length <= MaxCharacters)
            return text;
        return text[..(char.IsHighSurrogate(text[MaxCharacters - 1]) ? MaxCharacters - 1 : MaxCharacters)];
    }
}
