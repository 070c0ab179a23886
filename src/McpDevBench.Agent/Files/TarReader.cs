using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>One member of an archive, as its headers describe it.</summary>
internal readonly record struct TarMember(byte[] Name, char Type, uint Mode, long Size, long Mtime, byte[] Link);

/// <summary>
/// Reads a tar of unknown origin: ustar, with GNU's long names and pax records. Every length is bounded before it is believed.
/// </summary>
internal sealed class TarReader(Channel from)
{
    private const int Block = TarWriter.Block;
    private const int MaxRecords = 64 << 10;

    private readonly byte[] _header = new byte[Block];
    private byte[]? _longName;
    private byte[]? _longLink;
    private long? _longSize;
    private long _content;
    private long _padding;

    /// <summary>The next member, after passing over what is left of the one before; false at the archive's end mark.</summary>
    public bool TryNext(out TarMember member)
    {
        (_longName, _longLink, _longSize) = (null, null, null);
        while (true)
        {
            Skip(_content + _padding);
            (_content, _padding) = (0, 0);
            member = default;
            ReadExactly(_header);
            if (!_header.AsSpan().ContainsAnyExcept((byte)0))
                return false;
            VerifyChecksum();
            var size = _longSize ?? Number(124, 12);
            var type = (char)_header[156];
            switch (type)
            {
                case 'x':
                    ParsePax(Records(Number(124, 12)));
                    continue;
                case 'g':
                    Records(Number(124, 12));
                    continue;
                case 'L':
                    _longName = Text(Records(Number(124, 12)));
                    continue;
                case 'K':
                    _longLink = Text(Records(Number(124, 12)));
                    continue;
                case 'S':
                    throw Sparse();
            }
            // Links, directories and devices have no content, whatever their size field is.
            if (type is >= '1' and <= '6')
                size = 0;
            _content = size;
            _padding = (Block - (size % Block)) % Block;
            var name = _longName ?? Name();
            if (type is '\0' or '0' or '7')
                type = name.AsSpan().EndsWith("/"u8) ? '5' : '0';
            member = new TarMember(name, type, (uint)Number(100, 8) & Entry.PermissionBits, size, Number(136, 12, mayBeNegative: true),
                _longLink ?? Text(_header.AsSpan(157, 100)));
            return true;
        }
    }

    /// <summary>Content of the current member; 0 at its end.</summary>
    public int Read(Span<byte> to)
    {
        var wanted = (int)Math.Min(to.Length, _content);
        if (wanted == 0)
            return 0;
        var count = from.Read(to[..wanted]);
        if (count == 0)
            throw Truncated();
        _content -= count;
        return count;
    }

    private byte[] Name()
    {
        var name = Text(_header.AsSpan(0, 100));
        var prefix = Text(_header.AsSpan(345, 155));
        var isPosix = _header.AsSpan(257, 6).SequenceEqual("ustar\0"u8);
        return isPosix && prefix.Length > 0 ? [.. prefix, (byte)'/', .. name] : name;
    }

    private byte[] Records(long size)
    {
        if (size > MaxRecords)
            throw new OperationException(AgentStatus.TooLarge,
                $"archive: {size} bytes of extended header, at most {MaxRecords} are accepted");
        var records = new byte[size];
        ReadExactly(records);
        Skip((Block - (size % Block)) % Block);
        return records;
    }

    private void ParsePax(ReadOnlySpan<byte> records)
    {
        while (!records.IsEmpty)
        {
            var space = records.IndexOf((byte)' ');
            if (space < 1 || !System.Buffers.Text.Utf8Parser.TryParse(records[..space], out int length, out var digits) || digits != space
                || length <= space + 1 || length > records.Length || records[length - 1] != '\n')
                throw Invalid("a pax record is malformed");
            var record = records[(space + 1)..(length - 1)];
            records = records[length..];
            var equals = record.IndexOf((byte)'=');
            if (equals < 1)
                throw Invalid("a pax record is malformed");
            Apply(record[..equals], record[(equals + 1)..]);
        }
    }

    private void Apply(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("path"u8))
            _longName = value.ToArray();
        else if (key.SequenceEqual("linkpath"u8))
            _longLink = value.ToArray();
        else if (key.StartsWith("GNU.sparse."u8))
            throw Sparse();
        else if (key.SequenceEqual("size"u8))
            _longSize = System.Buffers.Text.Utf8Parser.TryParse(value, out long size, out var digits) && digits == value.Length && size >= 0
                ? size
                : throw Invalid("a pax size is malformed");
    }

    private void VerifyChecksum()
    {
        var sum = 0;
        for (var i = 0; i < Block; i++)
            sum += i is >= 148 and < 156 ? ' ' : _header[i];
        if (Number(148, 8) != sum)
            throw Invalid("a header's checksum is wrong");
    }

    /// <summary>Octal digits, or (with the top bit set) a big-endian number of the field's other bits.</summary>
    private long Number(int offset, int length, bool mayBeNegative = false)
    {
        var field = _header.AsSpan(offset, length);
        if ((field[0] & 0x80) != 0)
            return Binary(field, mayBeNegative);
        field = field.Trim(" \0"u8);
        long value = 0;
        foreach (var digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                throw Invalid("a header's number is malformed");
            value = (value << 3) | (uint)(digit - '0');
        }
        return value;
    }

    private static long Binary(ReadOnlySpan<byte> field, bool mayBeNegative)
    {
        if ((field[0] & 0x40) != 0)
            return mayBeNegative ? 0 : throw Invalid("a header's number is negative");
        long value = field[0] & 0x3f;
        foreach (var part in field[1..])
        {
            if (value >> 54 != 0)
                throw Invalid("a header's number is too large");
            value = (value << 8) | part;
        }
        return value;
    }

    private static byte[] Text(ReadOnlySpan<byte> field)
        => field.IndexOf((byte)0) is >= 0 and var end ? field[..end].ToArray() : field.ToArray();

    private void Skip(long count)
    {
        var buffer = BufferPool.Rent();
        try
        {
            while (count > 0)
            {
                var part = from.Read(buffer.AsSpan(0, (int)Math.Min(count, buffer.Length)));
                if (part == 0)
                    throw Truncated();
                count -= part;
            }
        }
        finally
        {
            BufferPool.Return(buffer);
        }
    }

    private void ReadExactly(Span<byte> to)
    {
        while (!to.IsEmpty)
        {
            var count = from.Read(to);
            if (count == 0)
                throw Truncated();
            to = to[count..];
        }
    }

    private static OperationException Sparse() => Invalid("sparse files are not supported: make it without tar's option -S (--sparse)");

    private static OperationException Truncated() => Invalid("it ends in the middle");

    private static OperationException Invalid(string what) => new(AgentStatus.Invalid, $"archive: {what}");
}
