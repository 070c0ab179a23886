using System.Buffers;
using McpDevBench.Observability.Metrics;
using Microsoft.AspNetCore.Connections;

namespace McpDevBench.Mcp;

/// <summary>
/// Sends an answer as fast as its client reads it, but no slower than <see cref="MinRate"/>: otherwise its connection is ended. An answer
/// that is not read at once waits in a file, so that the memory of its call is free for others.
/// </summary>
internal sealed partial class PacedStream(Stream inner, HttpContext context) : WriteOnlyStream
{
    /// <summary>Bytes a second.</summary>
    public const int MinRate = 64 << 10;

    /// <summary>How far a client may be behind.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>How long an answer waits for its client in memory.</summary>
    private static readonly TimeSpan MaxWaitInMemory = TimeSpan.FromMilliseconds(250);

    private readonly TimeProvider _time = context.RequestServices.GetRequiredService<TimeProvider>();
    private TimeSpan _behind;

    // What follows the write that its client has not read yet.
    private AnswerSpool.SpooledAnswer? _rest;
    private Task _unread = Task.CompletedTask;
    private int _unreadBytes;

    /// <summary>From now on, answers that are not read may wait in files, until <see cref="SendRestAsync(HttpContext)"/>.</summary>
    public static void AllowFiles(HttpContext context, AnswerSpool spool) => context.Features.Set(spool);

    /// <summary>Sends what waits in a file, once nothing of the call is in memory any more.</summary>
    public static Task SendRestAsync(HttpContext context) => context.Features.Get<PacedStream>()?.SendRestAsync() ?? Task.CompletedTask;

    /// <summary>Whether a part of the answer waits in a file.</summary>
    public static bool HasRest(HttpContext context) => context.Features.Get<PacedStream>()?._rest is not null;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_rest?.TryAppend(buffer.Span) is true)
            return;
        await SendRestAsync();
        await TakenAsync(inner.WriteAsync(buffer, cancellationToken), buffer.Length);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        _rest is null ? TakenAsync(new ValueTask(inner.FlushAsync(cancellationToken)), 0).AsTask() : Task.CompletedTask;

    public override void Flush()
    {
        if (_rest is null)
            inner.Flush();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (_rest is not null)
            throw new NotSupportedException("An answer is written asynchronously.");
        inner.Write(buffer, offset, count);
    }

    private async Task SendRestAsync()
    {
        if (_rest is not { } rest)
            return;
        _rest = null;
        await ReadAsync(_unread, _unreadBytes);
        var buffer = ArrayPool<byte>.Shared.Rent(RelaxedJsonStream.PieceBytes);
        try
        {
            for (int read; (read = await rest.ReadAsync(buffer, context.RequestAborted)) > 0;)
                await ReadAsync(inner.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted).AsTask(), read);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            rest.Dispose();
        }
    }

    /// <summary>Waits for the client to take what was written, or goes on without: with a file for the rest.</summary>
    private async ValueTask TakenAsync(ValueTask writing, int bytes)
    {
        if (writing.IsCompleted)
        {
            Earn(bytes);
            await writing;
            return;
        }
        // The web server has a copy of the bytes.
        var unread = writing.AsTask();
        var spool = context.Features.Get<AnswerSpool>();
        if (spool is null || await EndsAsync(unread, MaxWaitInMemory) || (_rest = spool.TryCreate()) is not { } rest)
        {
            await ReadAsync(unread, bytes);
            return;
        }
        (_unread, _unreadBytes) = (unread, bytes);
        context.Response.RegisterForDispose(rest);
        context.Features.Set(this);
    }

    /// <summary>Waits until the client has read what was written.</summary>
    private async Task ReadAsync(Task writing, int bytes)
    {
        var started = _time.GetTimestamp();
        if (!await EndsAsync(writing, Grace - _behind))
        {
            LogTooSlow(context.RequestServices.GetRequiredService<ILogger<PacedStream>>());
            context.RequestServices.GetRequiredService<MetricCatalogue>().Access.SlowClientDropped(AccessMetrics.Answer);
            context.Abort();
            _ = writing.ContinueWith(static late => _ = late.Exception, TaskScheduler.Default);
            throw new ConnectionResetException("The client does not read its answer.");
        }
        _behind += _time.GetElapsedTime(started);
        Earn(bytes);
    }

    private async ValueTask<bool> EndsAsync(Task writing, TimeSpan within)
    {
        try
        {
            await writing.WaitAsync(within, _time);
        }
        catch (TimeoutException) when (!writing.IsCompleted)
        {
            return false;
        }
        catch (TimeoutException)
        {
            // It ended at the same moment, or failed with such an error of its own.
            await writing;
        }
        return true;
    }

    private void Earn(int bytes)
    {
        var left = _behind - TimeSpan.FromSeconds((double)bytes / MinRate);
        _behind = TimeSpan.FromTicks(Math.Clamp(left.Ticks, 0, Grace.Ticks));
    }

    [LoggerMessage(LogLevel.Information, "Connection closed: the client does not read its answer")]
    private static partial void LogTooSlow(ILogger logger);
}
