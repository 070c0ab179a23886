using System.Collections.Concurrent;

namespace McpDevBench.Observability.Health;

/// <summary>How much of a limit is used.</summary>
/// <param name="Limit">Null where there is none.</param>
internal sealed record Usage(string Name, double Used, double? Limit);

/// <summary>The server's own status.</summary>
internal sealed record StatusReport(
    string Version, DateTimeOffset StartedAt, TimeSpan Uptime, bool Draining, IReadOnlyList<CheckedHealth> Checks,
    IReadOnlyList<Usage> Usages)
{
    /// <summary>Whether everything that is needed to serve works.</summary>
    public bool Ready => Checks.All(check => check.Ok || !check.NeededToServe);
}

/// <summary>Puts the report together from what rooms registered.</summary>
internal sealed class StatusReporter(HealthChecks checks, DrainState drain, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, Func<(double Used, double? Limit)>> _usages = new();
    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly long _started = time.GetTimestamp();

    /// <param name="name">A fixed word, such as <c>containers</c>.</param>
    /// <param name="read">Cheap: numbers that are in memory.</param>
    public void RegisterUsage(string name, Func<(double Used, double? Limit)> read) => _usages[name] = read;

    public async Task<StatusReport> ReportAsync()
    {
        var answers = await checks.AskNowAsync();
        var usages = _usages.OrderBy(usage => usage.Key, StringComparer.Ordinal)
            .Select(usage => (usage.Key, Value: usage.Value()))
            .Select(usage => new Usage(usage.Key, usage.Value.Used, usage.Value.Limit));
        return new StatusReport(BuildInfo.Version, _startedAt, time.GetElapsedTime(_started), drain.IsDraining, answers, [.. usages]);
    }
}
