using McpDevBench.Files;
using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Mcp;

/// <summary>
/// Where large bodies of messages wait until they are complete: a slow sender takes a file, and no memory that others wait for.
/// </summary>
/// <param name="folder">The server's state folder.</param>
/// <param name="isDiskLow">The folder's disk has no room but its reserve, which is not for bodies.</param>
internal sealed class BodySpool(string folder, Func<bool> isDiskLow)
{
    /// <summary>Bodies have a limit of a few megabytes, and a sender has to keep to a rate.</summary>
    private const int MaxAtOnce = 64;

    /// <summary>Bodies that wait for a place: the web server has read the beginning of each.</summary>
    private const int MaxWaiting = 256;

    private readonly SemaphoreSlim _places = new(MaxAtOnce, MaxAtOnce);
    private int _waiting;

    /// <param name="buffer">The beginning of the body, which fills it; then used for the rest.</param>
    /// <param name="memory">Of the call: its share is taken once the body is complete.</param>
    public async Task<byte[]> ReadAsync(byte[] buffer, Stream rest, CallMemory memory, CancellationToken cancellationToken)
    {
        await TakePlaceAsync(cancellationToken);
        try
        {
            using var file = Create();
            var length = 0L;
            for (var read = buffer.Length; read > 0; read = await rest.ReadAsync(buffer, cancellationToken))
            {
                Write(file, buffer.AsSpan(0, read), length);
                length += read;
            }
            await memory.TakeForBodyAsync(length, cancellationToken);
            var whole = new byte[length];
            for (int at = 0, read; at < length; at += read)
            {
                read = await RandomAccess.ReadAsync(file, whole.AsMemory(at), at, cancellationToken);
                if (read == 0)
                    throw new EndOfStreamException();
            }
            return whole;
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task TakePlaceAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > MaxWaiting || !await _places.WaitAsync(MemoryBudget.MaxWait, cancellationToken))
                throw MemoryBudget.Busy(null);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private SafeFileHandle Create()
    {
        try
        {
            return UnnamedFile.Create(folder);
        }
        catch (IOException e)
        {
            throw NoRoom(e);
        }
    }

    private void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long at)
    {
        if (isDiskLow())
            throw NoRoom(null);
        try
        {
            RandomAccess.Write(file, bytes, at);
        }
        catch (IOException e)
        {
            throw NoRoom(e);
        }
    }

    private static RequestException NoRoom(IOException? inner) => new(
        ErrorCode.ResourceExhausted, "The server has no room on its disk to hold the request until it is complete.",
        "Send less than 64 KiB at once, or ask the operator to free disk space.", retryable: true, inner);
}
