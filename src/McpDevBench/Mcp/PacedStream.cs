using Microsoft.AspNetCore.Connections;

namespace McpDevBench.Mcp;

/// <summary>
/// Sends an answer as fast as its client reads it, but no slower than <see cref="MinRate"/>: an answer that is not read holds memory that
/// others wait for, so its connection is ended.
/// </summary>
internal sealed partial class PacedStream(Stream inner, HttpContext context) : WriteOnlyStream
{
    /// <summary>Bytes a second.</summary>
    public const int MinRate = 64 << 10;

    /// <summary>How far a client may be behind.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = context.RequestServices.GetRequiredService<TimeProvider>();
    private TimeSpan _behind;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var writing = inner.WriteAsync(buffer, cancellationToken);
        return writing.IsCompleted ? Taken(writing, buffer.Length) : WaitAsync(writing.AsTask(), buffer.Length);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        var flushing = inner.FlushAsync(cancellationToken);
        return flushing.IsCompleted ? flushing : WaitAsync(flushing, 0).AsTask();
    }

    public override void Flush() => inner.Flush();

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    private ValueTask Taken(ValueTask writing, int bytes)
    {
        Earn(bytes);
        return writing;
    }

    private async ValueTask WaitAsync(Task writing, int bytes)
    {
        var started = _time.GetTimestamp();
        try
        {
            await writing.WaitAsync(Grace - _behind, _time);
        }
        catch (TimeoutException)
        {
            LogTooSlow(context.RequestServices.GetRequiredService<ILogger<PacedStream>>());
            context.Abort();
            _ = writing.ContinueWith(static late => _ = late.Exception, TaskScheduler.Default);
            throw new ConnectionResetException("The client does not read its answer.");
        }
        _behind += _time.GetElapsedTime(started);
        Earn(bytes);
    }

    private void Earn(int bytes)
    {
        var left = _behind - TimeSpan.FromSeconds((double)bytes / MinRate);
        _behind = TimeSpan.FromTicks(Math.Clamp(left.Ticks, 0, Grace.Ticks));
    }

    [LoggerMessage(LogLevel.Information, "Connection closed: the client does not read its answer")]
    private static partial void LogTooSlow(ILogger logger);
}
