namespace McpDevBench.Execs;

/// <summary>Keeps the first and the last bytes of a stream of any length, and counts what it left out between them.</summary>
internal sealed class HeadAndTail(int max)
{
    private readonly byte[] _head = new byte[max - (max / 2)];
    private readonly byte[] _tail = new byte[max / 2];

    // Pieces that end in the head.
    private readonly List<(long Seq, int End)> _pieces = [];
    private long _total;

    /// <summary>Bytes of the stream that never came here: the log had dropped them already.</summary>
    public long Dropped { get; set; }

    /// <summary>Bytes of the stream that the text does not have.</summary>
    public long Omitted { get; private set; }

    /// <summary>
    /// The last piece that is whole in the head: what is left out comes after it. Beyond all pieces if nothing is left out.
    /// </summary>
    public long HeadSeq { get; private set; } = long.MaxValue;

    public void Add(long seq, ReadOnlySpan<byte> content)
    {
        if (_total + content.Length <= _head.Length && Dropped == 0)
            _pieces.Add((seq, (int)_total + content.Length));
        if (_total < _head.Length)
        {
            var first = content[..(int)Math.Min(content.Length, _head.Length - _total)];
            first.CopyTo(_head.AsSpan((int)_total));
            _total += first.Length;
            content = content[first.Length..];
        }
        if (_tail.Length > 0 && content.Length > _tail.Length)
        {
            _total += content.Length - _tail.Length;
            content = content[^_tail.Length..];
        }
        foreach (var value in content)
        {
            if (_tail.Length > 0)
                _tail[(_total - _head.Length) % _tail.Length] = value;
            _total++;
        }
    }

    /// <summary>The text; a line states how much was left out.</summary>
    /// <param name="unfinished">Bytes at the end that begin a character whose rest may still come.</param>
    /// <param name="maxJson">Bytes of JSON that the text may take.</param>
    public string ToText(int unfinished, long maxJson = long.MaxValue)
    {
        ReadOnlySpan<byte> head = _head.AsSpan(0, (int)Math.Min(_total, _head.Length));
        ReadOnlySpan<byte> tail = Tail();
        (Omitted, HeadSeq) = (Math.Max(0, _total - max) + Dropped, long.MaxValue);
        if (Omitted == 0)
        {
            byte[] whole = [.. head, .. tail];
            var text = Utf8Text.Decode(whole.AsSpan(0, Math.Max(0, whole.Length - unfinished)));
            if (maxJson == long.MaxValue || JsonSize.Of(text) <= maxJson)
                return text;
            head = whole.AsSpan(0, whole.Length / 2);
            tail = whole.AsSpan(whole.Length / 2);
        }
        return Shortened(head, tail[..Math.Max(0, tail.Length - unfinished)], maxJson);
    }

    /// <summary>Cut where characters end and begin, so that nothing is shown as damaged that is not.</summary>
    private string Shortened(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, long maxJson)
    {
        var first = head[..^Utf8Text.Unfinished(head)];
        var last = tail[Math.Min(Utf8Text.Continuation(tail), tail.Length)..];
        last = JsonSize.Last(last, Math.Max(maxJson / 2, maxJson - JsonSize.Of(Utf8Text.Decode(first))));
        first = JsonSize.First(first, maxJson - JsonSize.Of(Utf8Text.Decode(last)));
        Omitted += head.Length - first.Length + (tail.Length - last.Length);
        HeadSeq = -1;
        foreach (var piece in _pieces)
        {
            if (piece.End <= first.Length)
                HeadSeq = piece.Seq;
        }
        return $"{Utf8Text.Decode(first)}\n… {Plural.Of(Omitted, "byte")} left out …\n{Utf8Text.Decode(last)}";
    }

    private Span<byte> Tail()
    {
        var length = (int)Math.Clamp(_total - _head.Length, 0, _tail.Length);
        var tail = new byte[length];
        for (var i = 0; i < length; i++)
            tail[i] = _tail[(_total - _head.Length - length + i) % _tail.Length];
        return tail;
    }
}
