using System.Collections.Concurrent;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Observability;

/// <summary>A background task that repeats while the server runs.</summary>
/// <param name="Name">One of <see cref="BackgroundMetrics.Tasks"/>.</param>
internal sealed record PeriodicTask(string Name, TimeSpan Interval)
{
    /// <summary>How soon the first round is repeated until it succeeds; null: the first round waits for the interval.</summary>
    public TimeSpan? FirstRetryInterval { get; init; }

    /// <summary>Whether it goes on while the server drains.</summary>
    public bool RunsWhileDraining { get; init; }
}

/// <summary>Runs the background tasks of the rooms. A failure is counted, logged once, and never ends the task or the server.</summary>
internal sealed partial class PeriodicRunner(MetricCatalogue metrics, DrainState drain, TimeProvider time, ILogger<PeriodicRunner> logger)
{
    /// <summary>The error of each task whose last round failed.</summary>
    private readonly ConcurrentDictionary<string, string> _failing = [];

    /// <summary>Runs a task until the server stops, or drains.</summary>
    public async Task RunAsync(PeriodicTask task, Func<CancellationToken, Task> round, CancellationToken stopping)
    {
        if (task.FirstRetryInterval is { } retryInterval)
        {
            while (!Ends(task, stopping) && !await TryAsync(task.Name, () => round(stopping)))
                await Task.Delay(retryInterval, time, stopping);
        }
        using var timer = new PeriodicTimer(task.Interval, time);
        while (await timer.WaitForNextTickAsync(stopping) && !Ends(task, stopping))
            await TryAsync(task.Name, () => round(stopping));
    }

    /// <summary>Runs one step of a task.</summary>
    /// <returns>Whether it succeeded.</returns>
    public async Task<bool> TryAsync(string task, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        catch (Exception e)
        {
            Fail(task, e);
            return false;
        }
        if (_failing.TryRemove(task, out _))
            LogRecovered(logger, task);
        return true;
    }

    private bool Ends(PeriodicTask task, CancellationToken stopping) =>
        stopping.IsCancellationRequested || (drain.IsDraining && !task.RunsWhileDraining);

    private void Fail(string task, Exception e)
    {
        metrics.Background.Failed(task);
        var error = e is RequestException known ? known.Code.Name() : e.GetType().Name;
        if (_failing.TryGetValue(task, out var last) && last == error)
            return;
        _failing[task] = error;
        if (e is RequestException or IOException or UnauthorizedAccessException)
            LogFailing(logger, task, e.Message);
        else
            LogFailed(logger, task, e);
    }

    [LoggerMessage(LogLevel.Warning, "Background task failing; retrying")]
    private static partial void LogFailing(ILogger logger, string task, [Untrusted] string reason);

    [LoggerMessage(LogLevel.Error, "Background task failed unexpectedly; retrying")]
    private static partial void LogFailed(ILogger logger, string task, Exception exception);

    [LoggerMessage(LogLevel.Information, "Background task recovered")]
    private static partial void LogRecovered(ILogger logger, string task);
}
