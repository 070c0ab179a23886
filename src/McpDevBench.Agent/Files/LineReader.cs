using System.Text;
using McpDevBench.Agent.Linux;

namespace McpDevBench.Agent.Files;

/// <summary>A line of a file, or a piece of a line that is too long to be held.</summary>
/// <param name="text">Without the line's end.</param>
internal readonly ref struct LinePiece(ReadOnlySpan<byte> text, bool first, bool last, long offset)
{
    public ReadOnlySpan<byte> Text { get; } = text;

    public bool IsFirst { get; } = first;

    public bool IsLast { get; } = last;

    public bool IsWhole => IsFirst && IsLast;

    /// <summary>Of the text in the file, in bytes; -1 where the file's bytes are not the text's.</summary>
    public long Offset { get; } = offset;
}

/// <summary>
/// The lines of a text file in UTF-8, or in UTF-16 with a byte order mark, through one buffer. A line longer than the buffer may grow comes
/// in pieces that overlap, so that whatever is shorter than the overlap is whole in one of them.
/// </summary>
internal sealed class LineReader
{
    /// <summary>Bytes of a line that are held at once.</summary>
    public const int MaxPiece = 256 << 10;

    /// <summary>Bytes that two pieces of a line have in common.</summary>
    public const int Overlap = 32 << 10;

    private const int FirstSize = 64 << 10;
    private const int BinaryProbe = 8 << 10;

    // Two bytes of UTF-16 are at most three of UTF-8.
    private const int RawSize = 8 << 10;

    private byte[] _buffer = GC.AllocateUninitializedArray<byte>(FirstSize);
    private int _start;
    private int _end;
    private int _searched;
    private long _offset;
    private bool _atEnd;
    private bool _inside;
    private int _fd;
    private Decoder? _decoder;

    /// <summary>Whether a carriage return before the line's end is left in the text.</summary>
    public bool KeepCarriageReturn { get; init; }

    /// <returns>False: there is a NUL near the beginning, so it is not text.</returns>
    public bool Open(int fd, bool evenBinary)
    {
        (_fd, _start, _end, _searched, _offset, _atEnd, _inside, _decoder) = (fd, 0, 0, 0, 0, false, false, null);
        Fill();
        ReadOnlySpan<byte> beginning = _buffer.AsSpan(0, Math.Min(_end, BinaryProbe));
        if (beginning.StartsWith("\uFEFF"u8))
            _start = 3;
        else if (beginning.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
            Transcode(Encoding.Unicode);
        else if (beginning.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
            Transcode(Encoding.BigEndianUnicode);
        else
            return evenBinary || !beginning.Contains((byte)0);
        return true;
    }

    public bool TryNext(out LinePiece piece)
    {
        while (true)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, _end - _start);
            var end = rest[_searched..].IndexOf((byte)'\n');
            if (end >= 0)
            {
                piece = Piece(rest[..(_searched + end)], last: true);
                Pass(_searched + end + 1, inside: false);
                return true;
            }
            if (_atEnd)
            {
                piece = Piece(rest, last: true);
                Pass(rest.Length, inside: false);
                return !rest.IsEmpty;
            }
            if (rest.Length > MaxPiece - (2 * RawSize))
            {
                piece = Piece(rest, last: false);
                Pass(rest.Length - Overlap, inside: true);
                _searched = Overlap;
                return true;
            }
            _searched = rest.Length;
            Fill();
        }
    }

    private LinePiece Piece(ReadOnlySpan<byte> text, bool last)
    {
        if (last && !KeepCarriageReturn)
            text = text.TrimEnd((byte)'\r');
        return new LinePiece(text, !_inside, last, _decoder is null ? _offset - (_end - _start) : -1);
    }

    private void Pass(int count, bool inside)
    {
        _start += count;
        (_searched, _inside) = (0, inside);
    }

    /// <summary>Begins anew behind the byte order mark.</summary>
    private void Transcode(Encoding encoding)
    {
        (_start, _end, _offset, _atEnd, _decoder) = (0, 0, 2, false, encoding.GetDecoder());
        Fill();
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_buffer.Length - _end < 2 * RawSize)
            Array.Resize(ref _buffer, Math.Min(MaxPiece, _buffer.Length * 2));
        if (_decoder is not null)
        {
            FillDecoded(_decoder);
            return;
        }
        var count = Fd.ReadFully(_fd, _buffer.AsSpan(_end), _offset, default);
        _atEnd = count < _buffer.Length - _end;
        _offset += count;
        _end += count;
    }

    private void FillDecoded(Decoder decoder)
    {
        Span<byte> raw = stackalloc byte[RawSize];
        Span<char> characters = stackalloc char[RawSize];
        var count = Fd.ReadFully(_fd, raw, _offset, default);
        _offset += count;
        _atEnd = count < raw.Length;
        var decoded = decoder.GetChars(raw[..count], characters, flush: _atEnd);
        _end += Encoding.UTF8.GetBytes(characters[..decoded], _buffer.AsSpan(_end));
    }
}
