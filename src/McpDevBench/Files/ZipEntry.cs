using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace McpDevBench.Files;

/// <summary>One entry of a zip, as the central directory describes it. Nothing in it is trusted.</summary>
/// <param name="Name">Bytes as they become a file name: UTF-8, or what the archive has.</param>
/// <param name="Mode">Type and permission bits of Unix; 0 where another system made the archive.</param>
/// <param name="HeaderOffset">Of the local header, from the start of the archive.</param>
internal sealed record ZipEntry(byte[] Name, ushort Flags, ushort Method, uint Crc32, long PackedSize, long Size, uint Mode,
    long Mtime, long HeaderOffset)
{
    public const int HeaderSize = 46;
    public const ushort Stored = 0, Deflated = 8;

    private const uint TypeBits = 0xF000, LinkType = 0xA000, DirectoryType = 0x4000, FileType = 0x8000, PermissionBits = 0x1FF;

    /// <summary>The upper half of the character set that DOS used, and old archivers still do.</summary>
    private const string Dos =
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»"
        + "░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00A0";

    public bool IsDirectory => Name.AsSpan().EndsWith("/"u8) || (Mode & TypeBits) == DirectoryType;

    public bool IsLink => (Mode & TypeBits) == LinkType;

    /// <summary>A device, FIFO or socket.</summary>
    public bool IsSpecial => (Mode & TypeBits) is not (0 or FileType or DirectoryType or LinkType);

    public bool IsEncrypted => (Flags & 0x41) != 0 || Method == 99;

    /// <summary>Without setuid, setgid and sticky bit.</summary>
    public uint Permissions => (Mode & PermissionBits) != 0 ? Mode & PermissionBits : DefaultPermissions;

    private uint DefaultPermissions => IsDirectory ? 0x1EDu : 0x1A4u;

    /// <param name="header">The fixed part.</param>
    /// <param name="rest">Name, extra fields and comment.</param>
    public static ZipEntry Read(ReadOnlySpan<byte> header, ReadOnlySpan<byte> rest)
    {
        var madeBy = header[5];
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(header[8..]);
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        long packed = BinaryPrimitives.ReadUInt32LittleEndian(header[20..]), size = BinaryPrimitives.ReadUInt32LittleEndian(header[24..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(header[42..]);
        var mtime = DosTime(BinaryPrimitives.ReadUInt16LittleEndian(header[14..]), BinaryPrimitives.ReadUInt16LittleEndian(header[12..]));
        var extra = rest.Slice(nameLength, BinaryPrimitives.ReadUInt16LittleEndian(header[30..]));
        while (extra.Length >= 4)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4)
                break;
            var field = extra.Slice(4, length);
            switch (BinaryPrimitives.ReadUInt16LittleEndian(extra))
            {
                case 0x0001:
                    Large(ref size, ref field);
                    Large(ref packed, ref field);
                    Large(ref offset, ref field);
                    break;
                case 0x5455 when field.Length >= 5 && (field[0] & 1) != 0:
                    mtime = BinaryPrimitives.ReadInt32LittleEndian(field[1..]);
                    break;
            }
            extra = extra[(4 + length)..];
        }
        // 3: Unix. 19: macOS. Others have no modes.
        var mode = madeBy is 3 or 19 ? BinaryPrimitives.ReadUInt32LittleEndian(header[38..]) >> 16 : 0;
        return new ZipEntry(
            NameOf(rest[..nameLength], isUtf8: (flags & 0x800) != 0), flags, BinaryPrimitives.ReadUInt16LittleEndian(header[10..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[16..]), packed, size, mode, mtime, offset);
    }

    /// <summary>A number that its field is too small for is among the extra fields.</summary>
    private static void Large(ref long value, ref ReadOnlySpan<byte> field)
    {
        if (value != uint.MaxValue || field.Length < 8)
            return;
        value = BinaryPrimitives.ReadInt64LittleEndian(field);
        field = field[8..];
    }

    private static byte[] NameOf(ReadOnlySpan<byte> raw, bool isUtf8)
    {
        if (isUtf8 || Utf8.IsValid(raw))
            return raw.ToArray();
        var text = new StringBuilder(raw.Length);
        foreach (var value in raw)
            text.Append(value < 0x80 ? (char)value : Dos[value - 0x80]);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Local time of an unknown place, taken as UTC.</summary>
    private static long DosTime(ushort date, ushort time)
    {
        var (year, month, day) = (1980 + (date >> 9), (date >> 5) & 15, date & 31);
        if (month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month))
            return 0;
        var seconds = ((time >> 11) * 3600) + (((time >> 5) & 63) * 60) + ((time & 31) * 2);
        return new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds() + seconds;
    }
}
