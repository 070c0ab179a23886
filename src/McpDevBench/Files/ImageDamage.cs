using System.Buffers.Binary;

namespace McpDevBench.Files;

/// <summary>Whether an image is whole, by the lengths that it states and the mark at its end. Its pixels are not decoded.</summary>
internal static class ImageDamage
{
    private const string Short = "it ends too early";

    /// <summary>What is wrong, as the end of a sentence; null if nothing is.</summary>
    public static string? Of(ReadOnlySpan<byte> image, string type) => type switch
    {
        "image/png" => Png(image[8..]),
        "image/jpeg" => Jpeg(image[2..]),
        "image/gif" => Gif(image[6..]),
        _ => WebP(image),
    };

    /// <summary>Chunks of a length, a name, data and a checksum; the last one is IEND.</summary>
    private static string? Png(ReadOnlySpan<byte> rest)
    {
        for (var isFirst = true; rest.Length >= 12; isFirst = false)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            var name = rest.Slice(4, 4);
            if (isFirst && !name.SequenceEqual("IHDR"u8))
                return "it does not begin with its IHDR chunk";
            if (length > rest.Length - 12)
                break;
            if (name.SequenceEqual("IEND"u8))
                return null;
            rest = rest[(int)(12 + length)..];
        }
        return $"{Short}, before its IEND chunk";
    }

    /// <summary>Segments with a length; after a scan's header, data up to the next marker; at the end EOI.</summary>
    private static string? Jpeg(ReadOnlySpan<byte> rest)
    {
        var hasScan = false;
        while (rest.Length >= 2)
        {
            var (isMarker, marker) = (rest[0] == 0xFF, rest[1]);
            if (isMarker && marker == 0xD9)
                return hasScan ? null : "it has no image data";
            if (!isMarker || marker is 0 or 0xFF or 0x01 or (>= 0xD0 and <= 0xD7))
            {
                if (!hasScan && !(isMarker && marker == 0xFF))
                    return "its segments are broken";
                rest = rest[(isMarker && marker != 0xFF ? 2 : 1)..];
                continue;
            }
            if (rest.Length < 4)
                break;
            hasScan |= marker == 0xDA;
            rest = rest[Math.Min(rest.Length, 2 + BinaryPrimitives.ReadUInt16BigEndian(rest[2..]))..];
        }
        return $"{Short}, before its end marker (FF D9)";
    }

    /// <summary>Blocks, most of them a list of parts with a length byte; the last one is the trailer.</summary>
    private static string? Gif(ReadOnlySpan<byte> rest)
    {
        const string NoTrailer = $"{Short}, before its trailer (3B)";
        if (rest.Length < 7 || !TryPass(ref rest, 7 + ColorTable(rest[4])))
            return NoTrailer;
        while (!rest.IsEmpty)
        {
            var block = rest[0];
            if (block == 0x3B)
                return null;
            if (block is not (0x21 or 0x2C))
                return "its blocks are broken";
            var header = block == 0x21 ? 2 : 10;
            if (rest.Length < header || !TryPass(ref rest, block == 0x21 ? header : header + ColorTable(rest[9]) + 1))
                break;
            while (!rest.IsEmpty && rest[0] != 0 && TryPass(ref rest, 1 + rest[0]))
            {
            }
            if (!TryPass(ref rest, 1))
                break;
        }
        return NoTrailer;
    }

    private static int ColorTable(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);

    private static string? WebP(ReadOnlySpan<byte> image)
    {
        var stated = BinaryPrimitives.ReadUInt32LittleEndian(image[4..]) + 8L;
        return stated <= image.Length
            ? null
            : FormattableString.Invariant($"it should have {Plural.Of(stated, "byte")} and has {image.Length}");
    }

    /// <returns>False, and nothing is left, if there are not so many bytes.</returns>
    private static bool TryPass(ref ReadOnlySpan<byte> rest, int count)
    {
        var has = rest.Length >= count;
        rest = has ? rest[count..] : [];
        return has;
    }
}
