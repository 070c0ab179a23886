using System.Collections.Concurrent;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Observability.Health;

/// <param name="Ok">Whether it works.</param>
/// <param name="Detail">One short sentence for the operator; nothing secret.</param>
internal readonly record struct Health(bool Ok, string Detail);

/// <summary>What a check said, by its name.</summary>
internal sealed record CheckedHealth(string Name, bool Ok, string Detail, bool NeededToServe);

/// <summary>
/// The checks that rooms register at start. A probe never waits on what it asks about for long: answers are kept for a moment, a check runs at most once at a
/// time, and one that does not answer counts as failed.
/// </summary>
internal sealed partial class HealthChecks
{
    private static readonly TimeSpan _freshFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _failedFor = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, Check> _checks = new();
    private readonly TimeProvider _time;
    private readonly DrainState _drain;
    private readonly ILogger<HealthChecks> _logger;

    public HealthChecks(MetricCatalogue metrics, TimeProvider time, DrainState drain, ILogger<HealthChecks> logger)
    {
        (_time, _drain, _logger) = (time, drain, logger);
        metrics.BeforeCollect(async _ => metrics.Health.Counted(await IsReadyAsync()));
    }

    /// <param name="name">A fixed word, such as <c>docker</c>.</param>
    /// <param name="neededToServe">The server is not ready while this fails.</param>
    /// <param name="ask">Called at most once at a time, and not more often than every few seconds.</param>
    public void Register(string name, bool neededToServe, Func<CancellationToken, Task<Health>> ask) =>
        _checks[name] = new Check(name, neededToServe, ask);

    /// <summary>All checks in the order of their names, the drain state last.</summary>
    public async Task<IReadOnlyList<CheckedHealth>> AskAsync()
    {
        var asked = _checks.Values.OrderBy(check => check.Name, StringComparer.Ordinal).Select(AskOneAsync);
        var answers = new List<CheckedHealth>(await Task.WhenAll(asked));
        answers.Add(new("drain", !_drain.IsDraining, _drain.IsDraining ? "The server is shutting down." : "Not draining.", true));
        return answers;
    }

    /// <summary>Whether everything that is needed to serve works.</summary>
    public async Task<bool> IsReadyAsync() => (await AskAsync()).All(check => check.Ok || !check.NeededToServe);

    private Task<CheckedHealth> AskOneAsync(Check check)
    {
        lock (check)
        {
            // A failure is asked about again soon: what starts or comes back must not look broken for longer than it is.
            var outdated = check.Answer is { IsCompletedSuccessfully: true } answer && _time.GetElapsedTime(check.AskedAt) >= (answer.Result.Ok ? _freshFor : _failedFor);
            if (check.Answer is null || outdated)
            {
                check.AskedAt = _time.GetTimestamp();
                check.Answer = RunAsync(check);
            }
            return check.Answer;
        }
    }

    private async Task<CheckedHealth> RunAsync(Check check)
    {
        // The first asker must not run the check inside its lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var patience = new CancellationTokenSource(_patience, _time);
        try
        {
            var health = await check.Ask(patience.Token).WaitAsync(patience.Token);
            return new(check.Name, health.Ok, health.Detail, check.NeededToServe);
        }
        catch (OperationCanceledException)
        {
            return new(check.Name, false, $"No answer within {_patience.TotalSeconds:0} seconds.", check.NeededToServe);
        }
        catch (RefusalException refusal)
        {
            return new(check.Name, false, refusal.Message, check.NeededToServe);
        }
        catch (Exception exception)
        {
            LogCheckFailed(exception, check.Name);
            return new(check.Name, false, "The check itself failed; see the log.", check.NeededToServe);
        }
    }

    private sealed class Check(string name, bool neededToServe, Func<CancellationToken, Task<Health>> ask)
    {
        public string Name => name;
        public bool NeededToServe => neededToServe;
        public Func<CancellationToken, Task<Health>> Ask => ask;
        public Task<CheckedHealth>? Answer { get; set; }
        public long AskedAt { get; set; }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A health check failed unexpectedly")]
    private partial void LogCheckFailed(Exception exception, string check);
}
