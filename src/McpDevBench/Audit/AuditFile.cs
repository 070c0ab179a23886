using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Audit;

/// <summary>
/// The record as JSON lines in a file that somebody else may rename, remove or cut at any time. Opening it cuts off a line that was not written to its end,
/// and says which record it ends with: what it lacks is written then. For one thread at a time.
/// </summary>
internal sealed class AuditFile(string path) : IDisposable
{
    private const int Piece = 64 << 10;

    private static readonly byte[] _lineStart = [.. "{\"seq\":"u8];

    private readonly ArrayBufferWriter<byte> _lines = new(4096);
    private SafeFileHandle? _handle;
    private FileIdentity? _identity;

    /// <summary>Whether what is written now would be found under its name.</summary>
    public bool IsInPlace => _handle is not null && FileIdentity.Of(path) == _identity;

    /// <summary>Opens it (again), and creates it and its folder where they are missing.</summary>
    /// <returns>The number of its last record; null if it has none.</returns>
    /// <exception cref="IOException">It cannot be written; so also UnauthorizedAccessException.</exception>
    public long? Open()
    {
        Close();
        var handle = OpenHandle(path);
        try
        {
            var last = Repair(handle);
            (_handle, _identity) = (handle, FileIdentity.Of(handle));
            return last;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <exception cref="IOException">Perhaps a part was written: open it again, then write what it lacks.</exception>
    public void Append(IReadOnlyList<AuditRecord> records)
    {
        _lines.ResetWrittenCount();
        foreach (var record in records)
        {
            AuditJson.Write(record, _lines, hashes: true);
            _lines.Write("\n"u8);
        }
        // At its end as it is now: it may have been cut since.
        RandomAccess.Write(_handle!, _lines.WrittenSpan, RandomAccess.GetLength(_handle!));
    }

    public void Close()
    {
        _handle?.Dispose();
        _handle = null;
    }

    public void Dispose() => Close();

    /// <returns>Why it cannot be written, or null.</returns>
    public static string? WhyNotWritable(string path)
    {
        try
        {
            using var handle = OpenHandle(path);
            _ = RandomAccess.GetLength(handle);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return e is NotSupportedException ? "it is no file" : e.Message;
        }
    }

    private static SafeFileHandle OpenHandle(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        var isNew = !File.Exists(path);
        var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        // For the server and for whoever ships its logs.
        if (isNew)
            File.SetUnixFileMode(handle, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        return handle;
    }

    private static long? Repair(SafeFileHandle handle)
    {
        var length = RandomAccess.GetLength(handle);
        var whole = EndOfLineBefore(handle, length);
        if (whole < length)
        {
            var rest = Read(handle, whole, Math.Min(length, whole + _lineStart.Length));
            if (rest.AsSpan().SequenceEqual(_lineStart.AsSpan(0, rest.Length)))
                RandomAccess.SetLength(handle, whole);
            else
                RandomAccess.Write(handle, "\n"u8, length);
        }
        return whole == 0 ? null : AuditJson.Read(Read(handle, EndOfLineBefore(handle, whole - 1), whole))?.Seq;
    }

    /// <summary>The offset after the last line end before <paramref name="end"/>; 0 if there is none.</summary>
    private static long EndOfLineBefore(SafeFileHandle handle, long end)
    {
        while (end > 0)
        {
            var start = Math.Max(0, end - Piece);
            var at = Read(handle, start, end).AsSpan().LastIndexOf((byte)'\n');
            if (at >= 0)
                return start + at + 1;
            end = start;
        }
        return 0;
    }

    private static byte[] Read(SafeFileHandle handle, long from, long to)
    {
        var content = new byte[to - from];
        var present = RandomAccess.Read(handle, content, from);
        return present == content.Length ? content : content[..present];
    }
}
