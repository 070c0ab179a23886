using System.Collections.Concurrent;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Observability.Health;

/// <param name="Ok">Whether it works.</param>
/// <param name="Detail">One short sentence for the operator; nothing secret.</param>
internal readonly record struct Health(bool Ok, string Detail);

/// <summary>The result of a check.</summary>
internal sealed record CheckedHealth(string Name, bool Ok, string Detail, bool NeededToServe);

/// <summary>
/// The checks that rooms register at start. They run periodically, and a probe gets their last results: it waits for the first ones only. A
/// check runs at most once at a time, and fails at its timeout.
/// </summary>
internal sealed partial class HealthChecks : BackgroundService
{
    private const string OwnFailure = "The check itself failed; see the log.";

    private static readonly TimeSpan _freshFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _failedFor = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _lookEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, Check> _checks = new();
    private readonly TimeProvider _time;
    private readonly DrainState _drain;
    private readonly ILogger<HealthChecks> _logger;

    private readonly StartState? _start;

    /// <param name="start">Null for a server whose checks are all registered before it listens.</param>
    public HealthChecks(
        MetricCatalogue metrics, TimeProvider time, DrainState drain, ILogger<HealthChecks> logger, StartState? start = null)
    {
        (_time, _drain, _logger, _start) = (time, drain, logger, start);
        metrics.BeforeCollect(async _ => metrics.Health.Counted(await IsReadyAsync()));
    }

    /// <param name="name">A fixed word, such as <c>docker</c>.</param>
    /// <param name="neededToServe">The server is not ready while this fails.</param>
    /// <param name="ask">Called at most once at a time, and every few seconds. It may block.</param>
    public void Register(string name, bool neededToServe, Func<CancellationToken, Task<Health>> ask) =>
        _checks[name] = new Check(name, neededToServe, ask);

    /// <summary>Runs each check when it is due, also while nothing probes.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_lookEvery, _time);
        do
        {
            foreach (var check in _checks.Values)
                _ = AskIfDue(check);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>
    /// All checks in the order of their names, the drain state last. Until all are registered, one more that fails: a check that is not
    /// there yet has not passed.
    /// </summary>
    public async Task<IReadOnlyList<CheckedHealth>> AskAsync()
    {
        var isStarting = _start is { IsComplete: false };
        var asked = _checks.Values.OrderBy(check => check.Name, StringComparer.Ordinal).Select(AskIfDue);
        var answers = new List<CheckedHealth>(await Task.WhenAll(asked));
        if (isStarting)
            answers.Add(new(StartState.Name, false, "The server is starting; not all checks have run yet.", true));
        answers.Add(new("drain", !_drain.IsDraining, _drain.IsDraining ? "The server is shutting down." : "Not draining.", true));
        return answers;
    }

    /// <summary>
    /// As <see cref="AskAsync"/>, but asks every check now: for a reader who compares the answers with what else is true at this moment.
    /// </summary>
    public Task<IReadOnlyList<CheckedHealth>> AskNowAsync()
    {
        foreach (var check in _checks.Values)
        {
            // The last answer is not handed out any more: one that is under way replaces it, or a new one.
            lock (check)
                check.Last = null;
        }
        return AskAsync();
    }

    /// <summary>Whether everything that is needed to serve works.</summary>
    public async Task<bool> IsReadyAsync() => (await AskAsync()).All(check => check.Ok || !check.NeededToServe);

    /// <returns>The last result; the pending one if there is none yet.</returns>
    private Task<CheckedHealth> AskIfDue(Check check)
    {
        lock (check)
        {
            if (IsDue(check))
            {
                check.AskedAt = _time.GetTimestamp();
                check.Asking = AskOneAsync(check);
            }
            return check.Last is { } last ? Task.FromResult(last) : check.Asking!;
        }
    }

    /// <summary>A failure is asked about again soon: what starts or comes back must not look broken for longer than it is.</summary>
    private bool IsDue(Check check) =>
        check is not { Asking.IsCompleted: false } and not { Running.IsCompleted: false }
        && (check.Last is not { } last || _time.GetElapsedTime(check.AskedAt) >= (last.Ok ? _freshFor : _failedFor));

    private async Task<CheckedHealth> AskOneAsync(Check check)
    {
        var answer = await AnswerAsync(check);
        lock (check)
            check.Last = answer;
        return answer;
    }

    private async Task<CheckedHealth> AnswerAsync(Check check)
    {
        using var timeout = new CancellationTokenSource(_timeout, _time);
        var token = timeout.Token;
        try
        {
            // On a thread of its own: what blocks has a deadline too. It is not asked anew until it has ended.
            var running = Task.Run(() => check.Ask(token), CancellationToken.None);
            check.Running = running;
            var health = await running.WaitAsync(token);
            return new(check.Name, health.Ok, health.Detail, check.NeededToServe);
        }
        catch (OperationCanceledException)
        {
            return new(check.Name, false, $"No answer within {Plural.Of((long)_timeout.TotalSeconds, "second")}.", check.NeededToServe);
        }
        catch (RequestException error)
        {
            return new(check.Name, false, error.Message, check.NeededToServe);
        }
        catch (Exception exception)
        {
            // Once, however often it is asked.
            if (check.Last?.Detail != OwnFailure)
                LogCheckFailed(exception, check.Name);
            return new(check.Name, false, OwnFailure, check.NeededToServe);
        }
    }

    private sealed class Check(string name, bool neededToServe, Func<CancellationToken, Task<Health>> ask)
    {
        public string Name => name;
        public bool NeededToServe => neededToServe;
        public Func<CancellationToken, Task<Health>> Ask => ask;
        public CheckedHealth? Last { get; set; }
        public long AskedAt { get; set; }

        /// <summary>Completes with an answer, or at the timeout.</summary>
        public Task<CheckedHealth>? Asking { get; set; }

        /// <summary>Ends when the check does.</summary>
        public Task? Running { get; set; }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A health check failed unexpectedly")]
    private partial void LogCheckFailed(Exception exception, string check);
}
