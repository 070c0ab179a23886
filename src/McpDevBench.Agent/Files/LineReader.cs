namespace McpDevBench.Agent;

/// <summary>The lines of a file, through one buffer: a line longer than it is cut, and its rest passed over.</summary>
internal sealed class LineReader
{
    private const int Size = 64 << 10;
    private const int BinaryProbe = 8 << 10;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(Size);
    private int _start;
    private int _end;
    private long _offset;
    private bool _atEnd;
    private bool _skipping;
    private int _fd;

    /// <returns>False: there is a NUL near the beginning, so it is no text.</returns>
    public bool Open(int fd, bool evenBinary)
    {
        (_fd, _start, _end, _offset, _atEnd, _skipping) = (fd, 0, 0, 0, false, false);
        Fill();
        return evenBinary || !_buffer.AsSpan(0, Math.Min(_end, BinaryProbe)).Contains((byte)0);
    }

    public bool TryNext(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            var rest = _buffer.AsSpan(_start, _end - _start);
            var end = rest.IndexOf((byte)'\n');
            if (end >= 0)
            {
                _start += end + 1;
                line = rest[..end].TrimEnd((byte)'\r');
                if (!_skipping)
                    return true;
                _skipping = false;
                continue;
            }
            if (_atEnd || rest.Length == Size)
            {
                // The last line, or one that will never fit.
                _start = _end;
                line = rest;
                var deliver = !_skipping && !rest.IsEmpty;
                _skipping = !_atEnd;
                if (deliver)
                    return true;
                if (_atEnd)
                    return false;
            }
            Fill();
        }
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        var count = Fd.ReadFully(_fd, _buffer.AsSpan(_end), _offset, default);
        _atEnd = count < Size - _end;
        _offset += count;
        _end += count;
    }
}
