using McpDevBench.Files;
using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Mcp;

/// <summary>
/// Where large bodies of messages wait until they are complete: a slow sender takes a file, and no memory that others wait for.
/// </summary>
/// <param name="folder">The server's state folder.</param>
internal sealed class BodySpool(string folder)
{
    /// <summary>Bodies have a limit of a few megabytes, and a sender has to keep to a rate.</summary>
    private const int MaxAtOnce = 64;

    private readonly SemaphoreSlim _places = new(MaxAtOnce, MaxAtOnce);

    /// <param name="buffer">The beginning of the body, which fills it; then used for the rest.</param>
    /// <param name="memory">Of the call: its share is taken once the body is complete.</param>
    public async Task<byte[]> ReadAsync(byte[] buffer, Stream rest, CallMemory memory, CancellationToken cancellationToken)
    {
        if (!await _places.WaitAsync(MemoryBudget.MaxWait, cancellationToken))
            throw MemoryBudget.Busy(null);
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

    private static void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long at)
    {
        try
        {
            RandomAccess.Write(file, bytes, at);
        }
        catch (IOException e)
        {
            throw NoRoom(e);
        }
    }

    private static RequestException NoRoom(IOException inner) => new(
        ErrorCode.ResourceExhausted, "The server has no room on its disk to hold the request until it is complete.",
        "Send less than 64 KiB at once, or ask the operator to free disk space.", retryable: true, inner);
}
