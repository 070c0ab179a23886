using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Files;

/// <summary>
/// Where an uploaded zip waits until it is complete: its directory comes last. Bounded in bytes, of one and of all together; how many there
/// are is bounded for each workspace (<see cref="TransferSlots"/>), so that slow uploads to one do not keep those to others waiting.
/// </summary>
/// <param name="folder">The server's state folder.</param>
/// <param name="isDiskLow">The folder's disk has no room but its reserve, which is not for archives.</param>
internal sealed class ZipSpool(string folder, Func<bool> isDiskLow)
{
    public const long MaxBytes = 2L << 30;

    /// <summary>Of all that are being uploaded.</summary>
    private const long MaxTotal = 4L << 30;

    private const int Piece = 128 << 10;

    private long _total;

    public async Task<T> SpoolAsync<T>(Stream source, Func<SafeFileHandle, Task<T>> use, CancellationToken cancellationToken)
    {
        using var file = UnnamedFile.Create(folder);
        var share = new Share();
        try
        {
            await FillAsync(file, source, share, cancellationToken);
            return await use(file);
        }
        finally
        {
            Interlocked.Add(ref _total, -share.Bytes);
        }
    }

    private async Task FillAsync(SafeFileHandle file, Stream source, Share share, CancellationToken cancellationToken)
    {
        var buffer = new byte[Piece];
        for (int read; (read = await source.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            var length = share.Bytes;
            share.Bytes += read;
            if (Interlocked.Add(ref _total, read) > MaxTotal || isDiskLow())
                throw NoRoom(null);
            if (share.Bytes > MaxBytes)
            {
                throw new RequestException(
                    ErrorCode.ResourceExhausted, $"The zip archive is larger than {MaxBytes >> 30} GiB.",
                        "Send it as .tar.gz, which is unpacked as it arrives.");
            }
            try
            {
                await RandomAccess.WriteAsync(file, buffer.AsMemory(0, read), length, cancellationToken);
                CallDeadline.Current?.Moved(read);
            }
            catch (IOException e)
            {
                throw NoRoom(e);
            }
        }
    }

    private static RequestException NoRoom(Exception? inner) => new(
        ErrorCode.ResourceExhausted, "The server has no room to hold the zip archive until it is complete.",
        "Send it as .tar.gz, which is unpacked as it arrives.", inner: inner);

    private sealed class Share
    {
        public long Bytes { get; set; }
    }
}
