using System.Text;

namespace McpDevBench.Execs;

/// <summary>
/// A line of one stream of which more may come. Of one that is longer than <see cref="MaxText"/> a part is kept: that with a match, or the
/// end.
/// </summary>
internal sealed class UnfinishedLine
{
    /// <summary>Characters of a line that are matched at once, more than an answer may have bytes.</summary>
    public const int MaxText = 512 << 10;

    private readonly StringBuilder _text = new();
    private bool _hasMatched;
    private bool? _match;
    private long _bytes;

    public bool IsEmpty => _text.Length == 0;
    public OutputRecord First { get; private set; }
    public OutputPosition Before { get; private set; }

    /// <summary>The piece that was added last, and where the line's part of it begins and ends.</summary>
    public long Last { get; private set; } = -1;
    public int LastByte { get; private set; }
    public int EndByte { get; private set; }

    /// <summary>Where the line would begin in the log if nothing stood between its parts.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes of the line that are not kept, as they count in an answer.</summary>
    public long Left { get; private set; }

    /// <summary>The beginning of the line is not kept.</summary>
    public bool IsBeheaded { get; private set; }

    public string Text => _text.ToString();

    /// <param name="matches">Matches a text; without its beginning if the first flag is set, or its end if the second is.</param>
    public void Add(in OutputRecord record, ReadOnlySpan<char> text, int fromByte, int toByte, Func<string, bool, bool, bool>? matches)
    {
        if (IsEmpty)
            (First, Before) = (record, new(record.Seq - 1, fromByte));
        (Last, LastByte, EndByte, Offset) = (record.Seq, fromByte, toByte, record.Offset + fromByte - _bytes);
        _bytes += toByte - fromByte;
        if (_hasMatched)
        {
            Left += Encoding.UTF8.GetByteCount(text);
            return;
        }
        _text.Append(text);
        _match = null;
        if (_text.Length > MaxText)
            Shorten(matches);
    }

    public bool Matches(Func<string, bool, bool, bool>? matches) =>
        matches is null || _hasMatched || (_match ??= matches(Text, IsBeheaded, false));

    public void Clear()
    {
        _text.Clear();
        (_hasMatched, IsBeheaded, _match, _bytes, Left) = (false, false, null, 0, 0);
    }

    /// <summary>Half of what is kept is matched once more with what comes, so that a match in between is found.</summary>
    private void Shorten(Func<string, bool, bool, bool>? matches)
    {
        var text = Text;
        if (matches?.Invoke(text, IsBeheaded, true) == true)
        {
            _hasMatched = true;
            return;
        }
        var at = text.Length - (MaxText / 2);
        if (char.IsLowSurrogate(text[at]))
            at++;
        Left += Encoding.UTF8.GetByteCount(text.AsSpan(0, at));
        IsBeheaded = true;
        _text.Remove(0, at);
    }
}
