using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Files;

/// <summary>
/// Where an uploaded zip waits until all of it is here: its directory comes last. The file has no name once it is open, so nothing is left
/// of it whatever happens. Bounded in size and number.
/// </summary>
/// <param name="folder">The server's state folder.</param>
internal sealed class ZipSpool(string folder)
{
    public const long MaxBytes = 2L << 30;

    private const int MaxAtOnce = 2, Piece = 128 << 10;

    private readonly SemaphoreSlim _places = new(MaxAtOnce, MaxAtOnce);

    public async Task<T> SpoolAsync<T>(Stream source, Func<SafeFileHandle, Task<T>> use, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            using var file = Create();
            await FillAsync(file, source, cancellationToken);
            return await use(file);
        }
        finally
        {
            _places.Release();
        }
    }

    private SafeFileHandle Create()
    {
        var path = Path.Combine(folder, $"upload-{Guid.NewGuid():n}.tmp");
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.Asynchronous);
        File.Delete(path);
        return file;
    }

    private static async Task FillAsync(SafeFileHandle file, Stream source, CancellationToken cancellationToken)
    {
        var buffer = new byte[Piece];
        var length = 0L;
        for (int read; (read = await source.ReadAsync(buffer, cancellationToken)) > 0; length += read)
        {
            if (length + read > MaxBytes)
            {
                throw new RefusalException(
                    RefusalCode.ResourceExhausted, $"The zip archive is larger than {MaxBytes >> 30} GiB.",
                        "Send it as .tar.gz, which is unpacked as it arrives.");
            }
            try
            {
                await RandomAccess.WriteAsync(file, buffer.AsMemory(0, read), length, cancellationToken);
                CallDeadline.Current?.Moved(read);
            }
            catch (IOException e)
            {
                throw new RefusalException(
                    RefusalCode.ResourceExhausted, "The server has no room to hold the zip archive until it is complete.",
                        "Send it as .tar.gz, which is unpacked as it arrives.", inner: e);
            }
        }
    }
}
