using System.Threading.Channels;
using ModelContextProtocol;

namespace McpDevBench.Mcp;

/// <summary>How far a call is.</summary>
/// <param name="Done">Bytes, steps: what grows. Where it does not, the number that is sent grows all the same.</param>
/// <param name="Total">What <paramref name="Done"/> will come to, if it is known.</param>
/// <param name="IsState">The message still holds while nothing newer comes, and is sent again to keep the call alive.</param>
internal readonly record struct CallProgress(double Done, double? Total, string Message, bool IsState = true);

/// <summary>
/// Sends the progress of one call to its client: the newest report, at most four a second, fewer in a long call, and at least one every ten
/// seconds as a sign of life. The number always increases. A report costs nothing until it is due.
/// </summary>
internal sealed class ProgressReporter : IAsyncDisposable
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongCallInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(10);

    /// <summary>After so many notifications, a call is a long one.</summary>
    private const int MaxQuick = 20;

    private const float MinStep = 0.01f;

    private readonly Func<ProgressNotificationValue, CancellationToken, Task> _send;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop;
    private readonly Channel<bool> _wakeup =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task _sending;
    private Func<CallProgress>? _next;
    private CallProgress _last;
    private float _sent = -1;

    /// <param name="send">Sends one notification.</param>
    /// <param name="cancellationToken">Of the call: nothing is sent to a client that has gone.</param>
    public ProgressReporter(
        Func<ProgressNotificationValue, CancellationToken, Task> send, TimeProvider time, CancellationToken cancellationToken)
    {
        (_send, _time) = (send, time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _sending = SendAsync(cancellationToken);
    }

    public void Report(double done, double? total, string message) => Report(() => new CallProgress(done, total, message));

    /// <param name="next">Asked when the client is due for a report, and only if none is newer by then.</param>
    public void Report(Func<CallProgress> next)
    {
        Volatile.Write(ref _next, next);
        _wakeup.Writer.TryWrite(true);
    }

    /// <summary>Sends what was not sent yet. After this, nothing is.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // A client that takes no progress still gets its answer.
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        for (var count = 1; !_stop.IsCancellationRequested; count++)
        {
            Task report = _wakeup.Reader.WaitToReadAsync(_stop.Token).AsTask();
            await report.WaitAsync(KeepAliveInterval, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stop.IsCancellationRequested)
                break;
            _wakeup.Reader.TryRead(out _);
            await SendNextAsync(keepAlive: true, cancellationToken);
            var interval = count < MaxQuick ? MinInterval : LongCallInterval;
            await Task.Delay(interval, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await SendNextAsync(keepAlive: false, cancellationToken);
    }

    private Task SendNextAsync(bool keepAlive, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _next, null) is { } next)
        {
            _last = next();
            return SendAsync(MathF.Max((float)_last.Done, Above(_sent)), _last.Message, cancellationToken);
        }
        if (!keepAlive)
            return Task.CompletedTask;
        return SendAsync(MathF.Max(0, Above(_sent)), _last.IsState ? _last.Message : null, cancellationToken);
    }

    private Task SendAsync(float value, string? message, CancellationToken cancellationToken)
    {
        _sent = value;
        var total = _last.Total is { } known ? MathF.Max((float)known, value) : default(float?);
        return _send(new ProgressNotificationValue { Progress = value, Total = total, Message = message }, cancellationToken);
    }

    private static float Above(float value) => MathF.Max(value + MinStep, MathF.BitIncrement(value));
}
