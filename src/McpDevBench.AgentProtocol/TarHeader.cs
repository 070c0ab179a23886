using System.Text;

namespace McpDevBench.AgentProtocol;

/// <summary>Headers of a POSIX tar: ustar, and pax records for what that cannot hold.</summary>
public static class TarHeader
{
    public const int Block = 512;
    private const int NameSize = 100;
    private const long MaxOctalSize = (1L << 33) - 1;

    /// <summary>Whole blocks, to be followed by the content and <see cref="Padding"/>.</summary>
    public static byte[] Of(ReadOnlySpan<byte> name, char type, uint mode, long size, long mtime, ReadOnlySpan<byte> link)
    {
        var records = new List<byte>();
        AddRecord(records, "path"u8, name, !Fits(name));
        AddRecord(records, "linkpath"u8, link, !Fits(link));
        AddRecord(records, "size"u8, Encoding.ASCII.GetBytes($"{size}"), size > MaxOctalSize);
        var extended = records.Count > 0 ? Block + records.Count + Padding(records.Count) : 0;
        var blocks = new byte[extended + Block];
        if (records.Count > 0)
        {
            Put(blocks.AsSpan(0, Block), "pax"u8, 'x', 0x1a4, records.Count, 0, default);
            records.CopyTo(blocks, Block);
        }
        Put(blocks.AsSpan(extended), name, type, mode, size > MaxOctalSize ? 0 : size, mtime, link);
        return blocks;
    }

    /// <summary>Zeros after so many bytes of content, up to the next whole block.</summary>
    public static int Padding(long length) => (int)((Block - (length % Block)) % Block);

    private static bool Fits(ReadOnlySpan<byte> text) => text.Length <= NameSize && Ascii.IsValid(text);

    /// <summary><c>LENGTH KEY=VALUE\n</c>, where the length counts its own digits too.</summary>
    private static void AddRecord(List<byte> to, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, bool needed)
    {
        if (!needed)
            return;
        var rest = key.Length + value.Length + 3;
        var length = rest + 1;
        while (length != rest + Digits(length))
            length = rest + Digits(length);
        to.AddRange(Encoding.ASCII.GetBytes($"{length} "));
        to.AddRange(key);
        to.Add((byte)'=');
        to.AddRange(value);
        to.Add((byte)'\n');
    }

    private static int Digits(int value) => value < 10 ? 1 : 1 + Digits(value / 10);

    private static void Put(Span<byte> header, ReadOnlySpan<byte> name, char type, uint mode, long size, long mtime,
        ReadOnlySpan<byte> link)
    {
        name[..Math.Min(name.Length, NameSize)].CopyTo(header);
        Octal(header.Slice(100, 8), mode);
        Octal(header.Slice(108, 8), 0);
        Octal(header.Slice(116, 8), 0);
        Octal(header.Slice(124, 12), size);
        Octal(header.Slice(136, 12), Math.Clamp(mtime, 0, MaxOctalSize));
        header.Slice(148, 8).Fill((byte)' ');
        header[156] = (byte)type;
        link[..Math.Min(link.Length, NameSize)].CopyTo(header[157..]);
        "ustar"u8.CopyTo(header[257..]);
        header[263] = (byte)'0';
        header[264] = (byte)'0';
        var sum = 0;
        foreach (var value in header)
            sum += value;
        Octal(header.Slice(148, 7), sum);
    }

    /// <summary>Digits with leading zeros, and a NUL.</summary>
    private static void Octal(Span<byte> field, long value)
    {
        for (var i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }
        field[^1] = 0;
    }
}
