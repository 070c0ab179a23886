namespace McpDevBench.Execs;

/// <summary>Keeps the first and the last bytes of a stream of any length, and counts what it left out between them.</summary>
internal sealed class HeadAndTail(int max)
{
    private readonly byte[] _head = new byte[max - (max / 2)];
    private readonly byte[] _tail = new byte[max / 2];
    private long _total;
    private long _headSeq = -1;

    /// <summary>Bytes of the stream that never came here: the log had dropped them already.</summary>
    public long Dropped { get; set; }

    /// <summary>Bytes of the stream that the text does not have.</summary>
    public long Omitted { get; private set; }

    /// <summary>
    /// The last piece that is whole in the head: what is left out comes after it. Beyond all pieces if nothing is left out.
    /// </summary>
    public long HeadSeq => Omitted == 0 ? long.MaxValue : _headSeq;

    public void Add(long seq, ReadOnlySpan<byte> content)
    {
        if (_total + content.Length <= _head.Length && Dropped == 0)
            _headSeq = seq;
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

    /// <summary>The text; where something is left out, a line says how much.</summary>
    /// <param name="unfinished">Bytes at the end that begin a character whose rest may still come.</param>
    public string ToText(int unfinished)
    {
        var head = _head.AsSpan(0, (int)Math.Min(_total, _head.Length));
        var tail = Tail();
        Omitted = Math.Max(0, _total - max) + Dropped;
        if (Omitted == 0)
        {
            byte[] whole = [.. head, .. tail];
            return Utf8Text.Decode(whole.AsSpan(0, Math.Max(0, whole.Length - unfinished)));
        }
        // Cut where characters end and begin, so that nothing is shown as damaged that is not.
        var cutHead = Utf8Text.Unfinished(head);
        var cutTail = Math.Min(Utf8Text.Continuation(tail), tail.Length);
        Omitted += cutHead + cutTail;
        var shown = tail[cutTail..];
        var end = Utf8Text.Decode(shown[..Math.Max(0, shown.Length - unfinished)]);
        return $"{Utf8Text.Decode(head[..^cutHead])}\n… {Plural.Of(Omitted, "byte")} left out …\n{end}";
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
