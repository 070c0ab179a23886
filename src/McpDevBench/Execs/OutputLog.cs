using System.Buffers;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Execs;

/// <summary>Looks at one piece of output.</summary>
/// <returns>Whether to go on.</returns>
internal delegate bool VisitOutput(in OutputRecord record, ReadOnlySpan<byte> content);

/// <summary>
/// The output of one command on disk: a folder of segments. Beyond the limit, the segments in the middle go, and what is left is the
/// beginning and the end. One appends; any number read meanwhile.
/// </summary>
internal sealed class OutputLog : IDisposable
{
    private readonly string _folder;
    private readonly int _headSegments, _tailSegments;
    private readonly long _segmentBytes;
    private readonly Lock _lock = new();
    private readonly List<OutputSegment> _segments = [];

    // The unfinished character of each stream: stdout, stderr.
    private readonly PartialCharacter[] _unfinished = new PartialCharacter[2];
    private SafeFileHandle? _appending;
    private int _nextFile;

    /// <summary>Opens what is there, without anything that a crash left half-written.</summary>
    public OutputLog(string folder, long maxBytes)
    {
        _folder = folder;
        // Sixteen segments in all: eight from the beginning stay for ever, the others are the moving end.
        (_headSegments, _tailSegments, _segmentBytes) = (8, 8, Math.Max(maxBytes / 16, OutputRecord.MaxLength * 4));
        if (!Directory.Exists(folder))
            return;
        foreach (var path in Directory.GetFiles(folder, "*.log").Order(StringComparer.Ordinal))
        {
            var segment = OutputSegment.Recover(path);
            _nextFile = int.Parse(Path.GetFileNameWithoutExtension(path), CultureInfo.InvariantCulture) + 1;
            if (segment.Length > 0)
                _segments.Add(segment);
        }
        if (_segments is [.., var last])
            Continue(last.Last);
        foreach (byte stream in (ReadOnlySpan<byte>)[1, 2])
            _unfinished[stream - 1] = _segments.Select(segment => segment.Unfinished(stream)).LastOrDefault(found => found is not null)
                ?? default;
    }

    /// <summary>Number of the next piece.</summary>
    public long NextSeq { get; private set; }

    /// <summary>Bytes of both streams so far, the dropped ones included.</summary>
    public long EndOffset { get; private set; }

    public long StdoutBytes { get; private set; }

    public long StderrBytes => EndOffset - StdoutBytes;

    /// <summary>Bytes that are no longer there: the gap between the beginning that is kept and the end that is.</summary>
    public long DroppedBytes
    {
        get
        {
            lock (_lock)
                return HasGap ? _segments[_headSegments].First.Offset - _segments[_headSegments - 1].Last.End : 0;
        }
    }

    /// <summary>Where the end begins that follows the dropped middle; 0 if nothing is dropped.</summary>
    public long GapEnd
    {
        get
        {
            lock (_lock)
                return HasGap ? _segments[_headSegments].First.Offset : 0;
        }
    }

    /// <summary>Bytes of the files.</summary>
    public long SizeOnDisk
    {
        get
        {
            lock (_lock)
                return _segments.Sum(segment => segment.Length);
        }
    }

    private bool HasGap =>
        _segments.Count > _headSegments && _segments[_headSegments].First.Seq > _segments[_headSegments - 1].Last.Seq + 1;

    /// <summary>Bytes of a character that lacks its end.</summary>
    public int UnfinishedBytes(byte stream) => _unfinished[stream - 1].Count;

    /// <summary>Nothing more comes: characters that stayed unfinished get a record of their own.</summary>
    /// <exception cref="IOException">The disk is full; it may be called again.</exception>
    public void End(long unixMicroseconds)
    {
        foreach (byte stream in (ReadOnlySpan<byte>)[1, 2])
        {
            if (UnfinishedBytes(stream) > 0)
                AppendRecords(stream, unixMicroseconds, []);
        }
    }

    /// <summary>Writes content down. When it returns, the content survives the end of this process.</summary>
    /// <exception cref="IOException">The disk is full: nothing of <paramref name="content"/> counts as written.</exception>
    public void Append(byte stream, long unixMicroseconds, ReadOnlySpan<byte> content)
    {
        if (!content.IsEmpty)
            AppendRecords(stream, unixMicroseconds, content);
    }

    /// <summary>Shows every piece after <paramref name="afterSeq"/>, in order, that was there when the call began.</summary>
    public void Read(long afterSeq, VisitOutput visit)
    {
        (string Path, long From, long To)[] parts;
        lock (_lock)
            parts =
            [
                .. _segments.Where(segment => segment.Last.Seq > afterSeq).Select(
                    segment => (segment.Path, segment.PositionOf(afterSeq + 1), segment.Length)),
            ];
        var buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
        try
        {
            foreach (var (path, from, to) in parts)
            {
                if (!ReadSegment(path, from, to, afterSeq, buffer, visit))
                    return;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose() => _appending?.Dispose();

    private void AppendRecords(byte stream, long unixMicroseconds, ReadOnlySpan<byte> content)
    {
        var size = content.Length + ((content.Length / (OutputRecord.MaxLength - 4)) + 1) * OutputRecord.Size;
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        Span<OutputRecord> records = stackalloc OutputRecord[(content.Length / (OutputRecord.MaxLength - 4)) + 1];
        try
        {
            var (count, length) = (0, 0);
            var (seq, offset, stdout) = (NextSeq, EndOffset, StdoutBytes);
            var unfinished = _unfinished[stream - 1];
            do
            {
                var piece = content[..Utf8Text.Cut(content, OutputRecord.MaxLength)];
                var record = new OutputRecord(piece.Length, stream, seq++, offset, stdout, unixMicroseconds, unfinished);
                unfinished = piece.IsEmpty ? default : unfinished.Then(piece);
                record.Write(buffer.AsSpan(length));
                piece.CopyTo(buffer.AsSpan(length + OutputRecord.Size));
                length += OutputRecord.Size + piece.Length;
                offset += piece.Length;
                stdout += stream == 1 ? piece.Length : 0;
                records[count++] = record;
                content = content[piece.Length..];
            }
            while (!content.IsEmpty);
            var segment = SegmentFor(length);
            RandomAccess.Write(_appending!, buffer.AsSpan(0, length), segment.Length);
            lock (_lock)
            {
                foreach (var record in records[..count])
                    segment.Added(record);
                Continue(segment.Last);
                _unfinished[stream - 1] = unfinished;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool ReadSegment(string path, long position, long end, long afterSeq, byte[] buffer, VisitOutput visit)
    {
        SafeFileHandle handle;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            // Dropped since we looked; the gap shows in the numbers.
            return true;
        }
        using (handle)
        {
            while (position < end)
            {
                var present = RandomAccess.Read(handle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - position)), position);
                var at = 0;
                while (at + OutputRecord.Size <= present)
                {
                    var record = OutputRecord.Read(buffer.AsSpan(at));
                    if (at + OutputRecord.Size + record.Length > present)
                        break;
                    if (record.Seq > afterSeq && !visit(record, buffer.AsSpan(at + OutputRecord.Size, record.Length)))
                        return false;
                    at += OutputRecord.Size + record.Length;
                }
                if (at == 0)
                    throw new InvalidDataException($"the output log {path} is damaged at {position}");
                position += at;
            }
        }
        return true;
    }

    private OutputSegment SegmentFor(int length)
    {
        if (_appending is not null && _segments[^1].Length + length <= _segmentBytes)
            return _segments[^1];
        Directory.CreateDirectory(_folder);
        var segment = new OutputSegment(Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{_nextFile:D6}.log")));
        var handle = segment.OpenForAppend();
        _nextFile++;
        _appending?.Dispose();
        _appending = handle;
        OutputSegment? dropped = null;
        lock (_lock)
        {
            if (_segments.Count == _headSegments + _tailSegments)
            {
                dropped = _segments[_headSegments];
                _segments.RemoveAt(_headSegments);
            }
            _segments.Add(segment);
        }
        if (dropped is not null)
            File.Delete(dropped.Path);
        return segment;
    }

    private void Continue(OutputRecord last)
    {
        NextSeq = last.Seq + 1;
        EndOffset = last.End;
        StdoutBytes = last.StdoutBefore + (last.Stream == 1 ? last.Length : 0);
    }
}
