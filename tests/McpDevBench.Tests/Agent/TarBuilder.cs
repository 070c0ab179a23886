using System.Text;

namespace McpDevBench.Tests.Agent;

/// <summary>Archives that no tool would make.</summary>
internal sealed class TarBuilder
{
    private readonly MemoryStream _bytes = new();

    public TarBuilder Add(string name, string content = "", char type = '0', string link = "", Action<byte[]>? spoil = null,
        long? size = null, uint mode = 0x1a4)
    {
        var data = Encoding.UTF8.GetBytes(content);
        var header = new byte[512];
        Encoding.UTF8.GetBytes(name).AsSpan().CopyTo(header);
        Octal(header, 100, 8, mode);
        Octal(header, 108, 8, 0);
        Octal(header, 116, 8, 0);
        Octal(header, 124, 12, size ?? data.Length);
        Octal(header, 136, 12, 1_000_000_000);
        header[156] = (byte)type;
        Encoding.UTF8.GetBytes(link).AsSpan().CopyTo(header.AsSpan(157));
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        spoil?.Invoke(header);
        header.AsSpan(148, 8).Fill((byte)' ');
        Octal(header, 148, 7, header.Sum(b => (int)b));
        _bytes.Write(header);
        Pad(data);
        return this;
    }

    public TarBuilder Pax(params (string Key, string Value)[] records)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in records)
        {
            var rest = Encoding.UTF8.GetByteCount($" {key}={value}\n");
            var length = rest + 1;
            while (length != rest + $"{length}".Length)
                length = rest + $"{length}".Length;
            text.Append($"{length} {key}={value}\n");
        }
        return Add("pax", text.ToString(), 'x');
    }

    public byte[] End()
    {
        _bytes.Write(new byte[1024]);
        return _bytes.ToArray();
    }

    public byte[] Unfinished() => _bytes.ToArray();

    public static void Octal(byte[] header, int offset, int length, long value)
        => Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(length - 1, '0')).AsSpan().CopyTo(header.AsSpan(offset));

    private void Pad(byte[] data)
    {
        _bytes.Write(data);
        _bytes.Write(new byte[(512 - (data.Length % 512)) % 512]);
    }
}
