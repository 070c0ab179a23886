namespace McpDevBench.LoadTests.Metrics;

/// <summary>All series at one moment.</summary>
internal sealed class Snapshot(IReadOnlyList<MetricSample> samples)
{
    private readonly ILookup<string, MetricSample> _byName = samples.ToLookup(sample => sample.Name);

    /// <summary>The sum over the series of a name; nothing adds up to zero.</summary>
    public double Sum(string name, Func<IReadOnlyDictionary<string, string>, bool>? where = null) =>
        _byName[name].Where(sample => where is null || where(sample.Labels)).Sum(sample => sample.Value);

    /// <summary>The sums by the values of the labels given.</summary>
    public IReadOnlyDictionary<string, double> SumBy(string name, params string[] labels) => _byName[name]
        .GroupBy(sample => string.Join(' ', labels.Select(label => sample.Labels.GetValueOrDefault(label, ""))))
        .ToDictionary(group => group.Key, group => group.Sum(sample => sample.Value));

    /// <summary>A histogram, its series added up.</summary>
    /// <param name="name">Without <c>_bucket</c>.</param>
    public Buckets Histogram(string name, Func<IReadOnlyDictionary<string, string>, bool>? where = null) => new(_byName[$"{name}_bucket"]
        .Where(sample => where is null || where(sample.Labels))
        .GroupBy(sample => MetricsText.Number(sample.Labels["le"]))
        .Select(group => new Bucket(group.Key, group.Sum(sample => sample.Value))));

    /// <summary>How much each counter has increased since an earlier moment; a series that was not there yet was zero.</summary>
    public static IReadOnlyDictionary<string, double> Increase(
        IReadOnlyDictionary<string, double> before, IReadOnlyDictionary<string, double> after) =>
        after.Select(pair => KeyValuePair.Create(pair.Key, pair.Value - before.GetValueOrDefault(pair.Key))).Where(pair => pair.Value != 0)
            .ToDictionary();
}
