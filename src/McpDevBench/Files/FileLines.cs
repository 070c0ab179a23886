namespace McpDevBench.Files;

/// <summary>Reads lines of a file from its beginning on, piece by piece, and counts the lines of all of it as far as that is
/// cheap.</summary>
/// <param name="encoding">What the file's beginning decided.</param>
internal sealed class FileLines(ReadRange read, ReadFileRequest request, int budget, string? encoding)
{
    /// <summary>Bytes of the first piece: most files are no larger.</summary>
    public const int FirstPiece = TextEncodings.Evidence;

    /// <summary>Lines are counted in so many bytes; of a larger file only as far as the lines that are asked for.</summary>
    public const long MaxCounted = 8 << 20;

    /// <summary>A line is looked for in so many bytes.</summary>
    public const long MaxSearched = 64 << 20;

    private const int Piece = 1 << 20;

    private readonly long _first = request.Line ?? 1;
    private readonly long _last = request.Limit is { } limit ? (request.Line ?? 1L) + limit - 1 : long.MaxValue;
    private readonly MemoryStream _content = new();
    private long _line = 1;
    private long _at;
    private long _start = -1;
    private long _askedEnd;
    private bool _inside;

    /// <param name="beginning">The file from its first byte on, as far as it has been read.</param>
    public async Task<ReadFile> ReadAsync((byte[] Content, FileEntry Entry) beginning, CancellationToken cancellationToken)
    {
        var (piece, entry) = beginning;
        while (true)
        {
            Take(piece);
            if (_at >= entry.Size || piece.Length == 0)
                return Result(entry, counted: true);
            if (_at >= MaxCounted && _start >= 0 && (_line > _last || _content.Length == budget))
                return Result(entry, counted: false);
            if (_at >= MaxSearched && _start < 0)
                throw TooFar(entry);
            (piece, _) = await read(_at, Math.Min(Piece, entry.Size - _at), cancellationToken);
        }
    }

    private void Take(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            var end = piece.IndexOf((byte)'\n');
            var part = end < 0 ? piece : piece[..(end + 1)];
            if (_line >= _first && _line <= _last)
            {
                if (_start < 0)
                    _start = _at;
                _content.Write(part[..Math.Min(part.Length, budget - (int)_content.Length)]);
                _askedEnd = _at + part.Length;
            }
            _inside = end < 0;
            _line += end < 0 ? 0 : 1;
            _at += part.Length;
            piece = piece[part.Length..];
        }
    }

    private ReadFile Result(FileEntry entry, bool counted)
    {
        var lines = _inside ? _line : _line - 1;
        long? total = counted ? lines : null;
        if (_start < 0)
            return new ReadFile("", TextEncodings.Utf8Name, entry) { Offset = _at, End = _at, Line = _first, TotalLines = total };
        ReadOnlySpan<byte> content = _content.GetBuffer().AsSpan(0, (int)_content.Length);
        var askedEnd = request.Limit is null ? Math.Max(entry.Size, _askedEnd) : _askedEnd;
        var cut = _start + content.Length < askedEnd;
        // At the end of a line where there is one; a line longer than the answer is cut inside.
        if (cut && content.LastIndexOf((byte)'\n') is >= 0 and var end)
            content = content[..(end + 1)];
        var whole = content.IsEmpty || content[^1] == '\n' || !cut;
        var part = FilePart.Of(content, request.Encoding, encoding, after: false, cut: !whole);
        var file = part.In(entry, _start);
        var ended = content.Count((byte)'\n');
        return file with
        {
            Line = _first,
            Lines = ended + (content.IsEmpty || content[^1] == '\n' ? 0 : 1),
            TotalLines = total,
            NextLine = whole && file.NextOffset is not null ? _first + ended : null,
            LeftOut = Math.Max(0, askedEnd - file.End),
        };
    }

    private RequestException TooFar(FileEntry entry) => new(
        ErrorCode.ResourceExhausted,
        $"Line {_first} of {entry.Path} is not within its first {MaxSearched >> 20} MiB, which is how far lines are counted.",
        "Read from a byte with offset and length, the end with tail_lines, or lines with exec (sed -n).");
}
