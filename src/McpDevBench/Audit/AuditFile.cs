using System.Buffers;
using McpDevBench.Observability.Logs;
using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Audit;

/// <summary>
/// The audit log as JSON lines in a file that may be renamed, removed or cut at any time. Opening it removes an incomplete last line and
/// returns the number of the last record, so that missing records can be appended. Not thread-safe.
/// </summary>
internal sealed class AuditFile(string path) : IDisposable
{
    private const int Piece = 64 << 10;

    private static readonly byte[] _lineStart = [.. "{\"seq\":"u8];

    private readonly ArrayBufferWriter<byte> _lines = new(4096);
    private AppendFile? _file;

    /// <summary>Whether what is written now would be found under its name.</summary>
    public bool IsInPlace => _file is not null && _file.IsStillAt(path);

    /// <summary>Opens it (again), and creates it and its folder where they are missing.</summary>
    /// <returns>The number of its last record; null if it has none.</returns>
    /// <exception cref="IOException">It cannot be written; so also UnauthorizedAccessException.</exception>
    public long? Open()
    {
        Close();
        var file = OpenFile(path);
        try
        {
            using var beside = OpenBeside(path);
            if (!file.IsStillAt(path))
                throw new IOException($"{path} was renamed at this moment.");
            var last = Repair(file, beside);
            _file = file;
            return last;
        }
        catch
        {
            file.Dispose();
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
        _file!.Append(_lines.WrittenSpan, _file.Length);
    }

    public void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    public void Dispose() => Close();

    /// <returns>Why it cannot be written, or null.</returns>
    public static string? WhyNotWritable(string path)
    {
        try
        {
            using var file = OpenFile(path);
            using var beside = OpenBeside(path);
            _ = RandomAccess.GetLength(beside);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return e is NotSupportedException ? "it is not a regular file" : e.Message;
        }
    }

    private static AppendFile OpenFile(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        var isNew = !File.Exists(path);
        var file = AppendFile.Open(path);
        // Readable by the group, for a log shipper; independent of the umask.
        if (isNew)
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        return file;
    }

    /// <summary>To look into it, and to cut it.</summary>
    private static SafeFileHandle OpenBeside(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    private static long? Repair(AppendFile file, SafeFileHandle handle)
    {
        var length = RandomAccess.GetLength(handle);
        var whole = EndOfLineBefore(handle, length);
        if (whole < length)
        {
            var rest = Read(handle, whole, Math.Min(length, whole + _lineStart.Length));
            if (rest.AsSpan().SequenceEqual(_lineStart.AsSpan(0, rest.Length)))
                RandomAccess.SetLength(handle, whole);
            else
                file.Append("\n"u8, length);
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
