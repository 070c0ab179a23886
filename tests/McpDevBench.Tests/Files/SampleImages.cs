using System.Buffers.Binary;
using System.IO.Hashing;

namespace McpDevBench.Tests.Files;

/// <summary>Whole images of each kind that is shown, of one pixel.</summary>
internal static class SampleImages
{
    public static byte[] Jpeg { get; } =
    [
        0xFF, 0xD8, 0xFF, 0xE0, 0, 16, .. "JFIF\0"u8, 1, 1, 0, 0, 1, 0, 1, 0, 0,
        // A thumbnail in a segment has an end of its own.
        0xFF, 0xE1, 0, 8, 0xFF, 0xD8, 0xFF, 0xD9, 0, 0,
        0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0x37, 0xFF, 0, 0xFF, 0xD0, 0x51, 0xFF, 0xD9,
    ];

    public static byte[] Gif { get; } =
    [
        .. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255,
        0x21, 0xF9, 4, 0, 0, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
    ];

    public static byte[] WebP { get; } = [.. "RIFF"u8, 16, 0, 0, 0, .. "WEBPVP8 "u8, 4, 0, 0, 0, 1, 2, 3, 4];

    public static byte[] Png(int data = 10) =>
    [
        0x89, .. "PNG\r\n"u8, 0x1A, 0x0A, .. Chunk("IHDR", [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]),
        .. Chunk("IDAT", new byte[data]), .. Chunk("IEND", []),
    ];

    private static byte[] Chunk(string name, byte[] data)
    {
        byte[] chunk = [0, 0, 0, 0, .. System.Text.Encoding.ASCII.GetBytes(name), .. data, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(^4..), Crc32.HashToUInt32(chunk.AsSpan(4..^4)));
        return chunk;
    }
}
