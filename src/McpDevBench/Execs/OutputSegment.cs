using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Execs;

/// <summary>One file of an output log: whole records, the next segment goes on where it ends.</summary>
internal sealed class OutputSegment(string path)
{
    /// <summary>A place to start reading from is remembered every so many bytes.</summary>
    private const int IndexEvery = 64 << 10;

    private readonly List<(long Seq, long Position)> _index = [];
    private readonly (OutputRecord Record, long Position)?[] _lastOfStream = new (OutputRecord, long)?[2];

    public string Path => path;

    /// <summary>Bytes of the file that hold whole records.</summary>
    public long Length { get; private set; }

    public OutputRecord First { get; private set; }

    public OutputRecord Last { get; private set; }

    /// <summary>Reads a file that is there, up to its last whole record.</summary>
    public static OutputSegment Recover(string path)
    {
        var segment = new OutputSegment(path);
        using var handle = File.OpenHandle(path);
        var size = RandomAccess.GetLength(handle);
        var header = new byte[OutputRecord.Size];
        while (segment.Length + OutputRecord.Size <= size && RandomAccess.Read(handle, header, segment.Length) == OutputRecord.Size)
        {
            var record = OutputRecord.Read(header);
            if (record.Length > OutputRecord.MaxLength || record.Stream is not (1 or 2))
                break;
            if (segment.Length + OutputRecord.Size + record.Length > size)
                break;
            segment.Added(record);
        }
        return segment;
    }

    /// <summary>A record has been written at the end.</summary>
    public void Added(OutputRecord record)
    {
        if (Length == 0)
            First = record;
        if (_index.Count == 0 || Length - _index[^1].Position >= IndexEvery)
            _index.Add((record.Seq, Length));
        Last = record;
        if (record.Stream is 1 or 2)
            _lastOfStream[record.Stream - 1] = (record, Length);
        Length += OutputRecord.Size + record.Length;
    }

    /// <summary>The character that is unfinished at the end of a stream; null if nothing of the stream is here.</summary>
    public PartialCharacter? Unfinished(byte stream)
    {
        if (_lastOfStream[stream - 1] is not var (record, position))
            return null;
        var tail = new byte[Math.Min(record.Length, 3)];
        using var handle = File.OpenHandle(path);
        RandomAccess.Read(handle, tail, position + OutputRecord.Size + record.Length - tail.Length);
        return record.Length == 0 ? default(PartialCharacter) : record.Before.Then(tail);
    }

    /// <summary>A position at or before the record with this number.</summary>
    public long PositionOf(long seq)
    {
        var (low, high) = (0, _index.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_index[middle].Seq <= seq)
                low = middle;
            else
                high = middle - 1;
        }
        return _index.Count == 0 ? 0 : _index[low].Position;
    }

    public SafeFileHandle OpenForAppend() =>
        File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
}
