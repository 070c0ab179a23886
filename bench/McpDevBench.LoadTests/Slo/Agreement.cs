using System.Globalization;
using McpDevBench.LoadTests.Load;
using McpDevBench.LoadTests.Metrics;
using McpDevBench.LoadTests.Scenarios;

namespace McpDevBench.LoadTests.Slo;

/// <summary>Whether the metrics tell what really happened: the clients know it, because they did it.</summary>
internal static class Agreement
{
    /// <returns>A sentence for each thing on which clients and metrics disagree.</returns>
    public static IEnumerable<string> Differences(ScenarioResult result)
    {
        var samples = result.Recording.Samples;
        var errors = samples.Where(sample => sample.Error is not null).GroupBy(sample => $"{sample.Method} {sample.Error}").ToDictionary(
            group => group.Key, group => (double)group.Count());
        var way = new Latencies(result.Probes.Select(probe => probe.Took));
        return
        [
            .. Counts("requests", result.Sent, MetricsSide.Requests(result)),
            .. Counts("errors", errors, MetricsSide.Errors(result)),
            .. Durations("requests", Service(sample => !Objective.Waiting.Contains(sample.Method)), MetricsSide.Prompt(result), way),
            .. Durations("spawns", Service(ClientSide.IsSpawn), MetricsSide.Spawns(result), way),
            .. Availability(result),
        ];
        IEnumerable<TimeSpan> Service(Func<Sample, bool> which) => samples.Where(which).Select(sample => sample.Service);
    }

    private static IEnumerable<string> Counts(
        string what, IReadOnlyDictionary<string, double> clients, IReadOnlyDictionary<string, double> metrics) =>
        from name in clients.Keys.Union(metrics.Keys).Order(StringComparer.Ordinal)
        let pair = (Clients: clients.GetValueOrDefault(name), Metrics: metrics.GetValueOrDefault(name))
        where pair.Clients != pair.Metrics
        select string.Create(
            CultureInfo.InvariantCulture, $"{what} of {name}: the clients counted {pair.Clients}, the metrics {pair.Metrics}");

    /// <summary>
    /// The same requests on both sides. A client's duration contains the server's and the way there and back, so the client's P95 is in no
    /// lower bucket than the server's; and it is at most in the one after that of the server's P95 and the way's together. The way is what
    /// a health probe takes.
    /// </summary>
    private static IEnumerable<string> Durations(string what, IEnumerable<TimeSpan> durations, Buckets metrics, Latencies way)
    {
        var clients = new Latencies(durations);
        if (clients.Count != metrics.Count)
            return [string.Create(
                CultureInfo.InvariantCulture, $"durations of {what}: the clients measured {clients.Count}, the metrics {metrics.Count}")];
        if (clients.Percentile(95) is not { } client || metrics.Quantile(0.95) is not { } server)
            return [];
        var (lowest, highest) = (metrics.IndexOf(server), metrics.IndexOf(server + (way.Percentile(95) ?? 0)) + 1);
        return metrics.IndexOf(client) >= lowest && metrics.IndexOf(client) <= highest
            ? []
            : [string.Create(CultureInfo.InvariantCulture, $"the P95 of {what}: {client:0.0000} s for the clients, {server:0.0000} s in the metrics, and {way.Percentile(95):0.0000} s on the way")];
    }

    /// <summary>
    /// Each side looks now and then: where a time without readiness begins or ends, either may be wrong by what lies between two of its
    /// looks.
    /// </summary>
    private static IEnumerable<string> Availability(ScenarioResult result)
    {
        var (client, metrics) = (ClientSide.Of(result).Availability.Share, MetricsSide.Of(result).Availability.Share);
        if (client.Ratio is not { } seen || metrics.Ratio is not { } told)
            return [];
        var hidden = Math.Max(1, Outages(result)) * (1 / client.All + 1 / metrics.All);
        return Math.Abs(seen - told) <= hidden
            ? []
            : [string.Create(CultureInfo.InvariantCulture, $"availability: {seen:P1} for the clients, {told:P1} in the metrics")];
    }

    /// <summary>How often a client that found the server ready did not find it so the next time.</summary>
    private static int Outages(ScenarioResult result) =>
        result.Probes.Prepend(new(Ready: true, default)).Zip(result.Probes).Count(pair => pair.First.Ready && !pair.Second.Ready);
}
