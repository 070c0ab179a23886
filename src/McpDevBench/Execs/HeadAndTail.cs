namespace McpDevBench.Execs;

/// <summary>Keeps the first and the last bytes of a stream of any length, and counts what it left out between them.</summary>
internal sealed class HeadAndTail(int most)
{
    private readonly byte[] _head = new byte[most - (most / 2)];
    private readonly byte[] _tail = new byte[most / 2];
    private long _total;

    /// <summary>Bytes of the stream that never came here: the log had dropped them already.</summary>
    public long Dropped { get; set; }

    public long Omitted => Math.Max(0, _total - most) + Dropped;

    public void Add(ReadOnlySpan<byte> content)
    {
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
    public override string ToString()
    {
        if (_total <= _head.Length && Dropped == 0)
            return Utf8Text.Decode(_head.AsSpan(0, (int)_total));
        var length = (int)Math.Min(_total - _head.Length, _tail.Length);
        var tail = new byte[length];
        for (var i = 0; i < length; i++)
            tail[i] = _tail[(_total - _head.Length - length + i) % _tail.Length];
        if (Omitted == 0)
            return Utf8Text.Decode([.. _head, .. tail]);
        return $"{Utf8Text.Decode(_head.AsSpan(0, _head.Length - Utf8Text.Unfinished(_head)))}\n… {Omitted} bytes left out …\n{Utf8Text.Decode(tail.AsSpan(Utf8Text.Continuation(tail)))}";
    }
}
