using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace McpDevBench.Workspaces;

/// <summary>
/// Java's file of certificate authorities (cacerts), in the JKS format, which every Java reads whatever its default format is. Java has no
/// variable that adds an authority without a notice at each start, so they are added to the file.
/// </summary>
internal static class JavaTrustStore
{
    private const uint Magic = 0xFEEDFEED, Version = 2, TrustedCertificate = 2;
    private const int HeaderLength = 12, CountOffset = 8, DigestLength = 20, MaxCertificates = 5000;

    /// <summary>Of every distribution: neither the file nor its password is secret.</summary>
    private const string Password = "changeit";

    /// <summary>Before the file's content in its digest, as the format has it.</summary>
    private const string Whitener = "Mighty Aphrodite";

    /// <returns>The file with the authorities added, in the JKS format; null for what is not a trust store with the usual
    /// password.</returns>
    public static byte[]? Add(byte[] file, X509Certificate2Collection authorities, DateTimeOffset now)
    {
        if (IsJks(file))
            return DigestOf(file.AsSpan(..^DigestLength)).AsSpan().SequenceEqual(file.AsSpan(^DigestLength..))
                ? Write(file.AsSpan(HeaderLength..^DigestLength), CountOf(file), authorities, now) : null;
        return ReadPkcs12(file) is { } present ? Create([.. present, .. authorities], now) : null;
    }

    public static byte[] Create(X509Certificate2Collection authorities, DateTimeOffset now) => Write([], 0, authorities, now);

    private static bool IsJks(ReadOnlySpan<byte> file) =>
        file.Length >= HeaderLength + DigestLength && BinaryPrimitives.ReadUInt32BigEndian(file) == Magic
        && BinaryPrimitives.ReadUInt32BigEndian(file[4..]) == Version;

    private static uint CountOf(ReadOnlySpan<byte> file) => BinaryPrimitives.ReadUInt32BigEndian(file[CountOffset..]);

    /// <summary>Newer Javas have theirs in this format, with or without the password.</summary>
    private static X509Certificate2Collection? ReadPkcs12(byte[] file)
    {
        var limits = new Pkcs12LoaderLimits { MaxCertificates = MaxCertificates };
        foreach (var password in new[] { Password, null })
        {
            try
            {
                return X509CertificateLoader.LoadPkcs12Collection(file, password, X509KeyStorageFlags.DefaultKeySet, limits);
            }
            catch (CryptographicException)
            {
                // Another password, or not this format at all.
            }
        }
        return null;
    }

    private static byte[] Write(
        ReadOnlySpan<byte> entries, uint count, X509Certificate2Collection authorities, DateTimeOffset now)
    {
        var content = new MemoryStream();
        UInt32(Magic);
        UInt32(Version);
        UInt32(count + (uint)authorities.Count);
        content.Write(entries);
        foreach (var (index, authority) in authorities.Index())
        {
            UInt32(TrustedCertificate);
            Text($"mcp-devbench-{index}");
            UInt64((ulong)now.ToUnixTimeMilliseconds());
            Text("X.509");
            UInt32((uint)authority.RawDataMemory.Length);
            content.Write(authority.RawDataMemory.Span);
        }
        content.Write(DigestOf(content.ToArray()));
        return content.ToArray();

        void UInt32(uint value)
        {
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
            content.Write(bytes);
        }

        void UInt64(ulong value)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
            content.Write(bytes);
        }

        // In ASCII, where the format's encoding is the same as UTF-8.
        void Text(string text)
        {
            Span<byte> length = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)text.Length);
            content.Write(length);
            content.Write(Encoding.ASCII.GetBytes(text));
        }
    }

#pragma warning disable CA5350 // The format's own checksum; what it guards is a file that only root can write.
    private static byte[] DigestOf(ReadOnlySpan<byte> content) => SHA1.HashData(
        [.. Encoding.BigEndianUnicode.GetBytes(Password), .. Encoding.ASCII.GetBytes(Whitener), .. content]);
#pragma warning restore CA5350
}
