namespace McpDevBench.Files;

/// <summary>An archive that can be unpacked.</summary>
internal enum ArchiveFormat
{
    Tar,
    TarGz,
    Zip,
}

/// <summary>The beginning of an upload, looked at and given back.</summary>
internal sealed class ArchiveUpload : ReadOnlyStream
{
    private const int Probe = 512;

    private readonly Stream _inner;
    private readonly byte[] _begin = new byte[Probe];
    private int _length;
    private int _position;

    private ArchiveUpload(Stream inner) => _inner = inner;

    /// <summary>The format by its first bytes, or else by the Content-Type; null where neither names one.</summary>
    public ArchiveFormat? Format { get; private set; }

    public static async Task<ArchiveUpload> OpenAsync(Stream inner, string? contentType, CancellationToken cancellationToken)
    {
        var upload = new ArchiveUpload(inner);
        upload._length = await inner.ReadAtLeastAsync(upload._begin, Probe, throwOnEndOfStream: false, cancellationToken);
        upload.Format = ByContent(upload._begin.AsSpan(0, upload._length)) ?? ByType(contentType);
        return upload;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == _length)
            return await _inner.ReadAsync(buffer, cancellationToken);
        var count = Math.Min(buffer.Length, _length - _position);
        _begin.AsMemory(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    private static ArchiveFormat? ByContent(ReadOnlySpan<byte> begin)
    {
        if (begin.StartsWith("PK\u0003\u0004"u8) || begin.StartsWith("PK\u0005\u0006"u8))
            return ArchiveFormat.Zip;
        if (begin.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return ArchiveFormat.TarGz;
        return begin.Length == Probe && begin[257..].StartsWith("ustar"u8) ? ArchiveFormat.Tar : null;
    }

    private static ArchiveFormat? ByType(string? contentType) => contentType?.Split(';')[0].Trim().ToUpperInvariant() switch
    {
        "APPLICATION/X-TAR" or "APPLICATION/TAR" => ArchiveFormat.Tar,
        "APPLICATION/GZIP" or "APPLICATION/X-GZIP" or "APPLICATION/X-GTAR" => ArchiveFormat.TarGz,
        "APPLICATION/ZIP" or "APPLICATION/X-ZIP-COMPRESSED" => ArchiveFormat.Zip,
        _ => null,
    };
}
