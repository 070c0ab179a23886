using System.Buffers.Binary;
using System.IO.Compression;

namespace McpDevBench.EndToEndTests.Hints;

/// <summary>A zip archive of one file, whole and spoiled in every way that has an error of its own; base64.</summary>
internal static class Archives
{
    private const int FlagsInEntry = 6, MethodInEntry = 8, ChecksumInEntry = 14, PackedInEntry = 18, SizeInEntry = 22;
    private const int FlagsInDirectory = 8, MethodInDirectory = 10, ChecksumInDirectory = 16, PackedInDirectory = 20,
        SizeInDirectory = 24, NameLengthInDirectory = 28, PlaceInDirectory = 42;
    private const int VolumeFromEnd = 4, CountFromEnd = 10, DirectoryFromEnd = 16;
    private const int EndLength = 22, LinkMode = 0xA1FF;

    public static IEnumerable<(string Name, string Base64)> All()
    {
        yield return ("zip", Base64(Zip("a.txt", "some text"u8.ToArray())));
        yield return ("cut_zip", Base64(Zip("a.txt", "some text"u8.ToArray())[..^10]));
        yield return ("backslash_zip", Base64(Zip("folder\\a.txt", "some text"u8.ToArray())));
        yield return ("damaged_zip", Base64(Changed(ChecksumInEntry, ChecksumInDirectory, 0x1234)));
        yield return ("encrypted_zip", Base64(Changed(FlagsInEntry, FlagsInDirectory, 1)));
        yield return ("method_zip", Base64(Changed(MethodInEntry, MethodInDirectory, 12)));
        yield return ("bomb_zip", Base64(Changed(SizeInEntry, SizeInDirectory, uint.MaxValue - 1)));
        yield return ("short_zip", Base64(Changed(SizeInEntry, SizeInDirectory, 1)));
        yield return ("packed_zip", Base64(Changed(PackedInEntry, PackedInDirectory, 100_000)));
        yield return ("nul_zip", Base64(Zip("a\0.txt", "some text"u8.ToArray())));
        yield return ("link_zip", Base64(Zip("link", new byte[5000], mode: LinkMode)));
        yield return ("volume_zip", Base64(ChangedEnd(VolumeFromEnd, 1)));
        yield return ("moved_zip", Base64(ChangedEnd(DirectoryFromEnd, 60_000)));
        yield return ("early_zip", Base64(ChangedDirectory(NameLengthInDirectory, 1000)));
        yield return ("large_zip", Base64(ChangedEnd(CountFromEnd, ushort.MaxValue)));
        yield return ("mark_zip", Base64(ChangedDirectory(0, 7)));
        yield return ("place_zip", Base64(ChangedDirectory(PlaceInDirectory, 60_000)));
        yield return ("undeflatable_zip", Base64(Changed(MethodInEntry, MethodInDirectory, 8, CompressionLevel.NoCompression)));
    }

    private static byte[] Zip(string name, byte[] content, CompressionLevel level = CompressionLevel.SmallestSize, int mode = 0)
    {
        var packed = new MemoryStream();
        using (var archive = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        {
            var entry = archive.CreateEntry(name, level);
            if (mode != 0)
                entry.ExternalAttributes = mode << 16;
            using var stream = entry.Open();
            stream.Write(content);
        }
        return packed.ToArray();
    }

    private static byte[] Changed(int inEntry, int inDirectory, uint value, CompressionLevel level = CompressionLevel.SmallestSize)
    {
        var zip = Zip("a.txt", "some text"u8.ToArray(), level);
        var directory = BinaryPrimitives.ReadInt32LittleEndian(zip.AsSpan(zip.Length - EndLength + DirectoryFromEnd));
        Write(zip.AsSpan(inEntry), value, inEntry >= ChecksumInEntry);
        Write(zip.AsSpan(directory + inDirectory), value, inEntry >= ChecksumInEntry);
        return zip;
    }

    private static byte[] ChangedEnd(int field, ushort value)
    {
        var zip = Zip("a.txt", "some text"u8.ToArray());
        Write(zip.AsSpan(zip.Length - EndLength + field), value, isLong: false);
        return zip;
    }

    private static byte[] ChangedDirectory(int field, ushort value)
    {
        var zip = Zip("a.txt", "some text"u8.ToArray());
        var directory = BinaryPrimitives.ReadInt32LittleEndian(zip.AsSpan(zip.Length - EndLength + DirectoryFromEnd));
        Write(zip.AsSpan(directory + field), value, isLong: false);
        return zip;
    }

    private static void Write(Span<byte> field, uint value, bool isLong)
    {
        if (isLong)
            BinaryPrimitives.WriteUInt32LittleEndian(field, value);
        else
            BinaryPrimitives.WriteUInt16LittleEndian(field, (ushort)value);
    }

    private static string Base64(byte[] content) => Convert.ToBase64String(content);
}
