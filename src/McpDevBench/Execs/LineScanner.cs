namespace McpDevBench.Execs;

/// <summary>
/// Reads the lines of a log while it grows: those that match, or the last ones. A line belongs to the piece that ends it. It is matched and
/// shown whole, also where its beginning was read before; only a line that alone is longer than the answer may be is cut.
/// </summary>
internal sealed class LineScanner(PollRequest request)
{
    /// <summary>Pieces before after_seq in which the beginning of a line is looked for.</summary>
    private const int LookBehind = 1000;

    private readonly LinePattern? _pattern = request.Grep is { } grep ? new LinePattern(grep) : null;
    private readonly LinkedList<OutputLine> _kept = [];

    // Bytes of the last lines that were asked for, whether they fit or not.
    private readonly Queue<long> _tail = [];
    private readonly UnfinishedLine[] _unfinished = [new(), new()];
    private long _read = LooksBehind(request) ? Math.Max(-1, request.After.Seq - LookBehind) : request.After.Seq;
    private long _end = -1;
    private long _size, _dropped, _unmatched;
    private int _inPieces;

    // The first line that does not fit begins here; the offset is that of the log.
    private (OutputPosition Next, long Offset)? _full;

    /// <summary>A line matches, also one that has not ended.</summary>
    public bool HasMatch => _kept.Count > 0 || _unfinished.Any(IsMatch);

    /// <summary>Bytes of the lines that are kept.</summary>
    public long Size => _size;

    /// <summary>Reads what has come.</summary>
    public void Advance(OutputLog log)
    {
        if (_full is null)
            log.Read(_read, Visit);
    }

    /// <param name="ended">Nothing more comes: a line without an end is a line.</param>
    public OutputSlice ToSlice(OutputLog log, bool ended)
    {
        var lines = new List<OutputLine>(_kept);
        var full = _full;
        var tail = new Queue<long>(_tail);
        if (full is null && (request.Grep is null || ended || request.Until == PollUntil.Match))
        {
            foreach (var line in _unfinished.Where(IsMatch).OrderBy(line => line.Last))
            {
                var next = ToLine(line);
                if (request.TailLines is null && lines.Count > 0 && lines.Sum(SizeOf) + SizeOf(next) > request.MaxBytes)
                {
                    full = (new(line.Last - 1, line.LastByte), line.Offset);
                    break;
                }
                lines.Add(next);
                tail.Enqueue(BytesOf(next));
            }
        }
        var skipped = request.TailLines is { } maxLines ? FitTail(lines, tail, maxLines) : 0;
        var cut = lines is [var only] && (only.Left > 0 || JsonSize.Charge(only.Text) > request.MaxBytes)
            ? Cut(only) : default((OutputLine Line, long Bytes)?);
        if (cut is not null)
            lines = [cut.Value.Line];
        var messages = new MessageList(request);
        foreach (var line in lines)
            messages.Add(line.First, line.Text, []);
        var read = _read > request.After.Seq ? new OutputPosition(_read) : request.After;
        return new OutputSlice(
            messages.ToMessages(), full?.Next ?? read, _dropped, full is { } stop ? Math.Max(0, log.EndOffset - stop.Offset) : 0, skipped)
        {
            Unmatched = _unmatched + (full is null ? _unfinished.Count(IsUnmatched) : 0),
            InPieces = _inPieces + (full is null ? _unfinished.Count(line => IsNew(line) && line.IsBeheaded && _pattern is not null) : 0),
            Cut = cut is { } shown ? new CutLine(shown.Line.Before, shown.Bytes) : null,
        };
    }

    private bool Visit(in OutputRecord record, ReadOnlySpan<byte> content)
    {
        if (_full is not null)
            return false;
        if (record.Seq > _read + 1 && !Gap(record))
            return false;
        if (request.Stream is null || OutputPager.NameOf(record.Stream) == request.Stream)
            Take(record, content);
        if (_full is not null)
            return false;
        (_read, _end) = (record.Seq, record.End);
        return true;
    }

    private void Take(in OutputRecord record, ReadOnlySpan<byte> content)
    {
        var text = record.Text(content);
        var line = _unfinished[record.Stream - 1];
        var (from, fromByte) = (0, 0);
        while (from < text.Length)
        {
            var at = text.IndexOf('\n', from);
            var to = at < 0 ? text.Length : at + 1;
            // A line end is one byte of its own in UTF-8.
            var toByte = at < 0 ? content.Length : fromByte + content[fromByte..].IndexOf((byte)'\n') + 1;
            line.Add(record, text.AsSpan(from, to - from), fromByte, toByte, _pattern is null ? null : Matches);
            if (at >= 0 && !TryClose(line))
                return;
            (from, fromByte) = (to, toByte);
        }
    }

    /// <returns>False if the line matches and does not fit.</returns>
    private bool TryClose(UnfinishedLine unfinished)
    {
        if (IsMatch(unfinished))
        {
            var line = ToLine(unfinished);
            if (request.TailLines is null && _kept.Count > 0 && _size + SizeOf(line) > request.MaxBytes)
            {
                _full = (new(unfinished.Last - 1, unfinished.LastByte), unfinished.Offset);
                return false;
            }
            Keep(line);
        }
        else if (IsUnmatched(unfinished))
        {
            _unmatched++;
        }
        if (_pattern is not null && unfinished.IsBeheaded && IsNew(unfinished))
            _inPieces++;
        unfinished.Clear();
        return true;
    }

    private void Keep(OutputLine line)
    {
        var size = SizeOf(line);
        _kept.AddLast(line);
        _size += size;
        if (request.TailLines is not { } maxLines)
            return;
        _tail.Enqueue(BytesOf(line));
        if (_tail.Count > maxLines)
            _tail.Dequeue();
        while (_kept.Count > maxLines || (_kept.Count > 1 && _size > request.MaxBytes))
        {
            _size -= SizeOf(_kept.First!.Value);
            _kept.RemoveFirst();
        }
    }

    /// <summary>The middle of the log is no longer there: what came before does not go on here.</summary>
    /// <returns>False if a line before it matches and does not fit.</returns>
    private bool Gap(in OutputRecord after)
    {
        foreach (var line in _unfinished.OrderBy(line => line.Last))
        {
            if (!TryClose(line))
                return false;
        }
        if (after.Seq > request.After.Seq + 1)
            _dropped += _end < 0 ? 0 : after.Offset - _end;
        return true;
    }

    /// <returns>Bytes of lines that were asked for and do not fit.</returns>
    private long FitTail(List<OutputLine> lines, Queue<long> sizes, int maxLines)
    {
        while (lines.Count > maxLines || (lines.Count > 1 && lines.Sum(SizeOf) > request.MaxBytes))
            lines.RemoveAt(0);
        while (sizes.Count > maxLines)
            sizes.Dequeue();
        return Math.Max(0, sizes.Sum() - lines.Sum(BytesOf));
    }

    private (OutputLine Line, long Bytes) Cut(OutputLine line)
    {
        var part = _pattern is null
            ? LinePattern.End(line.Text, request.MaxBytes)
            : _pattern.Around(line.Text, request.MaxBytes);
        return (line with { Text = part.Text, Left = 0 }, BytesOf(line) - part.Kept);
    }

    private static long BytesOf(OutputLine line) => line.Size;

    /// <summary>What a line takes of the answer's bound.</summary>
    private long SizeOf(OutputLine line) =>
        JsonSize.Charge(line.Text) + line.Left + (request.Separate ? MessageList.Overhead(request, 1) : 0);

    private bool IsNew(UnfinishedLine line) => !line.IsEmpty && request.After.IsBefore(line.Last, line.EndByte);

    private bool IsUnmatched(UnfinishedLine line) => IsNew(line) && !IsMatch(line);

    private bool IsMatch(UnfinishedLine line) => IsNew(line) && line.Matches(_pattern is null ? null : Matches);

    private bool Matches(string text, bool isBeheaded, bool goesOn) => _pattern!.IsMatch(Shown(text), isBeheaded, goesOn);

    private OutputLine ToLine(UnfinishedLine line) => new(line.First, line.Before, Shown(line.Text), line.Left);

    private string Shown(string text) => request.StripAnsi ? new AnsiFilter().Apply(text) : text;

    /// <summary>The answer to an input begins with the input, also on a line that has a prompt already.</summary>
    private static bool LooksBehind(PollRequest request) => request.Grep is not null && request.Match is null;
}
