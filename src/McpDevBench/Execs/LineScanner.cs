using System.Text;
using System.Text.RegularExpressions;

namespace McpDevBench.Execs;

/// <summary>
/// Reads the lines of a log while it grows: those that match, or the last ones. A line belongs to the piece that ends it. It is matched and
/// shown whole, also where its beginning was read before.
/// </summary>
internal sealed class LineScanner(PollRequest request)
{
    /// <summary>A longer line is read in parts.</summary>
    private const int MaxLine = 64 << 10;

    /// <summary>Pieces before after_seq in which the beginning of a line is looked for.</summary>
    private const int LookBehind = 1000;

    private readonly Regex? _pattern = request.Grep is { } grep ? Compile(grep) : null;
    private readonly LinkedList<Line> _kept = [];

    // Sizes of the last lines that were asked for, whether they fit or not.
    private readonly Queue<long> _tail = [];
    private readonly Unfinished[] _unfinished = [new(), new()];
    private long _read = LooksBehind(request) ? Math.Max(-1, request.AfterSeq - LookBehind) : request.AfterSeq;
    private long _end = -1;
    private long _size, _dropped, _unmatched;
    private bool _full;

    /// <summary>A line matches, also one that has not ended.</summary>
    public bool HasMatch => _kept.Count > 0 || _unfinished.Any(IsMatch);

    /// <summary>Bytes of the lines that are kept.</summary>
    public long Size => _size;

    /// <summary>Reads what has come.</summary>
    public void Advance(OutputLog log)
    {
        if (!_full)
            log.Read(_read, Visit);
    }

    /// <param name="ended">Nothing more comes: a line without an end is a line.</param>
    public OutputSlice ToSlice(OutputLog log, bool ended)
    {
        var messages = new MessageList(request);
        var lines = _kept.ToList();
        if (!_full && (request.Grep is null || ended || request.Until == PollUntil.Match))
            lines.AddRange(_unfinished.Where(IsMatch).Select(ToLine));
        var skipped = Math.Max(0, _tail.Sum() - _size);
        if (request.TailLines is { } most && lines.Count > most)
            lines.RemoveRange(0, lines.Count - most);
        foreach (var line in lines)
            messages.Add(line.First, line.Text, []);
        var remaining = _full ? Math.Max(0, log.EndOffset - _end) : 0;
        return new OutputSlice(messages.ToMessages(), Math.Max(_read, request.AfterSeq), _dropped, remaining, skipped)
        {
            Unmatched = _unmatched + _unfinished.Count(IsUnmatched),
        };
    }

    private bool Visit(in OutputRecord record, ReadOnlySpan<byte> content)
    {
        if (_full)
            return false;
        if (record.Seq > _read + 1)
            Gap(record);
        (_read, _end) = (record.Seq, record.End);
        if (request.Stream is null || OutputPager.NameOf(record.Stream) == request.Stream)
            Take(record, record.Text(content));
        // A page ends with a piece, so that the next one can begin after it.
        _full = request.TailLines is null && _size >= request.MaxBytes;
        return !_full;
    }

    private void Take(in OutputRecord record, string text)
    {
        var line = _unfinished[record.Stream - 1];
        for (var from = 0; from < text.Length;)
        {
            var at = text.IndexOf('\n', from);
            var to = at < 0 ? text.Length : at + 1;
            if (line.Text.Length == 0)
                line.First = record;
            line.Text.Append(text, from, to - from);
            line.Last = record.Seq;
            from = to;
            if (at >= 0 || line.Text.Length > MaxLine)
                Close(line);
        }
    }

    private void Close(Unfinished unfinished)
    {
        if (IsMatch(unfinished))
            Keep(ToLine(unfinished));
        else if (IsUnmatched(unfinished))
            _unmatched++;
        unfinished.Text.Clear();
    }

    private void Keep(Line line)
    {
        var size = Utf8Text.Size(line.Text);
        _kept.AddLast(line);
        _size += size;
        if (request.TailLines is not { } most)
            return;
        _tail.Enqueue(size);
        if (_tail.Count > most)
            _tail.Dequeue();
        while (_kept.Count > most || (_kept.Count > 1 && _size > request.MaxBytes))
        {
            _size -= Utf8Text.Size(_kept.First!.Value.Text);
            _kept.RemoveFirst();
        }
    }

    /// <summary>The middle of the log is no longer there: what came before does not go on here.</summary>
    private void Gap(in OutputRecord after)
    {
        if (after.Seq > request.AfterSeq + 1)
            _dropped += _end < 0 ? 0 : after.Offset - _end;
        foreach (var line in _unfinished)
            Close(line);
    }

    private bool IsNew(Unfinished line) => line.Text.Length > 0 && line.Last > request.AfterSeq;

    private bool IsUnmatched(Unfinished line) => IsNew(line) && !IsMatch(line);

    private bool IsMatch(Unfinished line)
    {
        if (!IsNew(line))
            return false;
        if (_pattern is null)
            return true;
        var text = ToLine(line).Text.TrimEnd('\r', '\n');
        // A carriage return begins the line anew in a terminal: before a prompt of readline, in a progress bar.
        var shown = text[(text.LastIndexOf('\r') + 1)..];
        return _pattern.IsMatch(text) || (shown.Length < text.Length && _pattern.IsMatch(shown));
    }

    private Line ToLine(Unfinished line)
    {
        var text = line.Text.ToString();
        return new Line(line.First, request.StripAnsi ? new AnsiFilter().Apply(text) : text);
    }

    /// <summary>The answer to an input begins with the input, also on a line that has a prompt already.</summary>
    private static bool LooksBehind(PollRequest request) => request.Grep is not null && request.Match is null;

    private static Regex Compile(string pattern)
    {
        try
        {
            // Without backtracking: a client's pattern must not be able to keep a processor busy.
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new RefusalException(
                RefusalCode.InvalidArgument, $"grep='{pattern}' is not a usable regular expression: {e.Message}",
                "Escape special characters with a backslash; lookaround and backreferences are not supported.", inner: e);
        }
    }

    private sealed record Line(OutputRecord First, string Text);

    private sealed class Unfinished
    {
        public StringBuilder Text { get; } = new();
        public OutputRecord First { get; set; }
        public long Last { get; set; } = -1;
    }
}
