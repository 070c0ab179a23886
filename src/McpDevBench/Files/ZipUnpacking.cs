using System.IO.Hashing;
using McpDevBench.AgentProtocol;
using McpDevBench.Agents;

namespace McpDevBench.Files;

/// <summary>Sends a zip to the agent as the tar that it takes. An entry of the directory has to match its bytes.</summary>
internal sealed class ZipUnpacking(ZipArchiveFile archive, AgentCall call, UnpackLimits limits)
{
    private const int Piece = 128 << 10;

    private readonly byte[] _buffer = new byte[Piece];
    private long _total;
    private long _packed;

    /// <returns>Bytes of content.</returns>
    public async Task<long> SendAsync(CancellationToken cancellationToken)
    {
        if (archive.Count > limits.MaxEntries)
            throw new RequestException(ErrorCode.ResourceExhausted,
                $"The archive has {archive.Count} entries, at most {limits.MaxEntries} are unpacked.", "Send it in parts.");
        foreach (var entry in archive.Entries())
        {
            // An answer before the end is an error: the rest is not needed.
            if (call.Answered)
                break;
            Check(entry);
            await SendAsync(entry, cancellationToken);
        }
        await call.SendAsync(new byte[2 * TarHeader.Block], cancellationToken);
        await call.SendEndAsync();
        return _total;
    }

    private void Check(ZipEntry entry)
    {
        var name = WorkspacePath.Escape(entry.Name);
        if (entry.IsEncrypted)
            throw Invalid(ErrorCode.InvalidArgument, name, "is encrypted",
                "Unpack it where the password is known, and send it without one.");
        if (entry.Method is not (ZipEntry.Stored or ZipEntry.Deflated))
            throw Invalid(ErrorCode.InvalidArgument, name, $"is compressed by method {entry.Method}",
                "Pack it with deflate, which every archiver can do, or send a .tar.gz.");
        if (entry.Name.AsSpan().Contains((byte)'\\'))
            throw Invalid(ErrorCode.PathDenied, name, "has a backslash in its name",
                "Pack it with an archiver that writes / between folders.");
        if (entry.Name.Length is 0 or > Protocol.MaxPath || entry.Name.AsSpan().Contains((byte)0))
            throw Invalid(ErrorCode.InvalidArgument, name, "has a name that no file can have", "Pack it with other names.");
        if (entry.IsLink && entry.Size > Protocol.MaxPath)
            throw Invalid(ErrorCode.InvalidArgument, name, "is a link whose target is too long", "Pack it without that link.");
        _packed += entry.PackedSize;
        if (entry.Size > limits.MaxBytes - _total || (_total + entry.Size) / limits.MaxRatio > _packed + Piece)
            throw Invalid(ErrorCode.ResourceExhausted, name, $"unpacks to {entry.Size} bytes, far more than it is or than is allowed",
                "Send it without compression, or in parts.");
    }

    private async Task SendAsync(ZipEntry entry, CancellationToken cancellationToken)
    {
        if (entry.IsDirectory || entry.IsSpecial)
        {
            await HeaderAsync(entry, entry.IsDirectory ? '5' : '6', 0, default, cancellationToken);
            return;
        }
        if (entry.IsLink)
        {
            var target = new MemoryStream();
            await ReadAsync(entry, piece =>
            {
                target.Write(piece.Span);
                return Task.CompletedTask;
            }, cancellationToken);
            await HeaderAsync(entry, '2', 0, target.ToArray(), cancellationToken);
            return;
        }
        await HeaderAsync(entry, '0', entry.Size, default, cancellationToken);
        await ReadAsync(entry, piece => call.SendAsync(piece, cancellationToken), cancellationToken);
        await call.SendAsync(new byte[TarHeader.Padding(entry.Size)], cancellationToken);
        _total += entry.Size;
    }

    private Task HeaderAsync(ZipEntry entry, char type, long size, ReadOnlyMemory<byte> link, CancellationToken cancellationToken) =>
        call.SendAsync(TarHeader.Of(entry.Name, type, entry.Permissions, size, entry.Mtime, link.Span), cancellationToken);

    private async Task ReadAsync(ZipEntry entry, Func<ReadOnlyMemory<byte>, Task> take, CancellationToken cancellationToken)
    {
        var name = WorkspacePath.Escape(entry.Name);
        var checksum = new Crc32();
        var left = entry.Size;
        await using var content = archive.Open(entry);
        try
        {
            for (int read; (read = await content.ReadAsync(_buffer, cancellationToken)) > 0; left -= read)
            {
                if (read > left)
                    throw Invalid(ErrorCode.InvalidArgument, name, "has more bytes than it says", "Pack it again.");
                checksum.Append(_buffer.AsSpan(0, read));
                await take(_buffer.AsMemory(0, read));
            }
        }
        catch (InvalidDataException e)
        {
            throw Invalid(ErrorCode.InvalidArgument, name, "cannot be decompressed", "Pack it again.", e);
        }
        if (left > 0 || checksum.GetCurrentHashAsUInt32() != entry.Crc32)
            throw Invalid(ErrorCode.InvalidArgument, name, "is damaged: its size or checksum is wrong", "Pack it again.");
    }

    private static RequestException Invalid(ErrorCode code, string name, string why, string hint, Exception? inner = null) =>
        new(code, $"The entry '{Truncation.ToLength(name, 200)}' of the zip archive {why}.",
            $"{hint} Nothing was unpacked.", inner: inner);
}
