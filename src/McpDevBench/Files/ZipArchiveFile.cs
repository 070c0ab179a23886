using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Files;

/// <summary>A zip of unknown origin in a file: its central directory, entry by entry, and the content of each. Every offset and length is
/// checked.</summary>
internal sealed class ZipArchiveFile
{
    private const int EndSize = 22, MaxComment = 65535, LocatorSize = 20, LargeEndSize = 56, LocalHeaderSize = 30;
    private const uint EndMark = 0x06054b50, LargeEndMark = 0x06064b50, LocatorMark = 0x07064b50, EntryMark = 0x02014b50,
        LocalMark = 0x04034b50;

    private readonly SafeFileHandle _file;
    private readonly long _length;

    /// <summary>Bytes before the archive itself, such as the program of a self-extracting one.</summary>
    private readonly long _base;

    private readonly long _directory, _directorySize;

    public ZipArchiveFile(SafeFileHandle file)
    {
        (_file, _length) = (file, RandomAccess.GetLength(file));
        var tail = new byte[Math.Min(_length, EndSize + MaxComment)];
        ReadExactly(tail, _length - tail.Length);
        var at = FindEnd(tail);
        var end = tail.AsSpan(at);
        var endAt = _length - tail.Length + at;
        Count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        _directorySize = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
        _directory = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        if (BinaryPrimitives.ReadUInt16LittleEndian(end[4..]) is not (0 or ushort.MaxValue))
            throw Invalid("it is one of several volumes");
        if (Count == ushort.MaxValue || _directorySize == uint.MaxValue || _directory == uint.MaxValue)
            (Count, _directorySize, _directory, endAt) = ReadLargeEnd(endAt);
        _base = endAt - _directorySize - _directory;
        if (_directorySize < 0 || _directory < 0 || _base < 0 || Count < 0 || Count > _directorySize / ZipEntry.HeaderSize)
            throw Invalid("its directory is not where it says");
    }

    public long Count { get; }

    /// <exception cref="RequestException">An entry differs from the directory, or the entries share their bytes.</exception>
    public IEnumerable<ZipEntry> Entries()
    {
        var position = _base + _directory;
        var end = position + _directorySize;
        var packed = 0L;
        var header = new byte[ZipEntry.HeaderSize];
        for (var i = 0L; i < Count; i++)
        {
            if (position + header.Length > end)
                throw Invalid("its directory ends too early");
            ReadExactly(header, position);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) != EntryMark)
                throw Invalid("its directory is damaged");
            var rest = new byte[
                BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28)) + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(30))
                + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(32))];
            position += header.Length;
            if (position + rest.Length > end)
                throw Invalid("its directory ends too early");
            ReadExactly(rest, position);
            position += rest.Length;
            var entry = ZipEntry.Read(header, rest);
            packed += entry.PackedSize;
            if (entry.PackedSize < 0 || entry.Size < 0 || entry.HeaderOffset < 0 || packed > _length)
                throw Invalid("its entries have more bytes than it");
            yield return entry;
        }
    }

    /// <summary>The unpacked content. The reader checks size and checksum.</summary>
    public Stream Open(ZipEntry entry)
    {
        var header = new byte[LocalHeaderSize];
        var at = _base + entry.HeaderOffset;
        if (at > _length - header.Length)
            throw Invalid("an entry is not where its directory says");
        ReadExactly(header, at);
        var start = at + header.Length
            + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26)) + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalMark || start > _length - entry.PackedSize)
            throw Invalid("an entry is not where its directory says");
        var packed = new FileSlice(_file, start, entry.PackedSize);
        return entry.Method == ZipEntry.Stored ? packed : new DeflateStream(packed, CompressionMode.Decompress);
    }

    public static RequestException Invalid(string why) => new(
        ErrorCode.InvalidArgument, $"The zip archive cannot be read: {why}.",
            "Send a whole .zip, or a .tar.gz with Content-Type application/gzip.");

    private static int FindEnd(byte[] tail)
    {
        for (var at = tail.Length - EndSize; at >= 0; at--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) == EndMark
                && at + EndSize + BinaryPrimitives.ReadUInt16LittleEndian(tail.AsSpan(at + 20)) == tail.Length)
                return at;
        }
        throw Invalid("its end is missing");
    }

    private (long Count, long Size, long Offset, long EndAt) ReadLargeEnd(long endAt)
    {
        var locator = new byte[LocatorSize];
        var large = new byte[LargeEndSize];
        if (endAt < LocatorSize + LargeEndSize)
            throw Invalid("its end is damaged");
        ReadExactly(locator, endAt - LocatorSize);
        // Directly before its locator, also when something was put before the archive.
        var largeAt = endAt - LocatorSize - LargeEndSize;
        ReadExactly(large, largeAt);
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != LocatorMark
            || BinaryPrimitives.ReadUInt32LittleEndian(large) != LargeEndMark)
            throw Invalid("its end is damaged");
        return (
            BinaryPrimitives.ReadInt64LittleEndian(large.AsSpan(32)), BinaryPrimitives.ReadInt64LittleEndian(large.AsSpan(40)),
            BinaryPrimitives.ReadInt64LittleEndian(large.AsSpan(48)), largeAt);
    }

    private void ReadExactly(Span<byte> to, long offset)
    {
        while (!to.IsEmpty)
        {
            var read = RandomAccess.Read(_file, to, offset);
            if (read == 0)
                throw Invalid("it ends in the middle");
            to = to[read..];
            offset += read;
        }
    }

    /// <summary>A part of a file, from its beginning to its end.</summary>
    private sealed class FileSlice(SafeFileHandle file, long offset, long length) : ReadOnlyStream
    {
        private readonly long _end = offset + length;
        private long _at = offset;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var wanted = (int)Math.Min(buffer.Length, _end - _at);
            if (wanted == 0)
                return 0;
            var read = await RandomAccess.ReadAsync(file, buffer[..wanted], _at, cancellationToken);
            _at += read;
            return read;
        }
    }
}
