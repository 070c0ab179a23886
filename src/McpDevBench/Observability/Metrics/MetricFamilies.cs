using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>Creates metric families in the server's own registry.</summary>
internal sealed class MetricFamilies
{
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private readonly MetricFactory _factory;

    public MetricFamilies()
    {
        _factory = Prometheus.Metrics.WithCustomRegistry(_registry);
        // The trace of an observation, if there is one; not more often than a scrape could read it.
        _factory.ExemplarBehavior =
            new ExemplarBehavior { DefaultExemplarProvider = TraceExemplar, NewExemplarMinInterval = TimeSpan.FromSeconds(1) };
    }

    public CollectorRegistry Registry => _registry;

    public Counter Counter(string name, string help, params string[] labels) => _factory.CreateCounter(name, help, labels);

    public CounterRow Counter(string name, string help, string label, LabelValues values) => new(Counter(name, help, label), values);

    public CounterTable Counter(
        string name, string help, (string Name, LabelValues Values) rows, (string Name, LabelValues Values) columns) =>
        new(Counter(name, help, rows.Name, columns.Name), rows.Values, columns.Values);

    public Gauge Gauge(string name, string help, params string[] labels) => _factory.CreateGauge(name, help, labels);

    /// <param name="buckets">Upper bounds in seconds.</param>
    public Histogram Histogram(string name, string help, double[] buckets, params string[] labels) =>
        _factory.CreateHistogram(name, help, labels, new HistogramConfiguration { Buckets = buckets });

    public HistogramRow Histogram(string name, string help, double[] buckets, string label, LabelValues values) =>
        new(Histogram(name, help, buckets, label), values);

    public HistogramTable Histogram(
        string name, string help, double[] buckets, (string Name, LabelValues Values) rows, (string Name, LabelValues Values) columns) =>
        new(Histogram(name, help, buckets, rows.Name, columns.Name), rows.Values, columns.Values);

    private static Exemplar TraceExemplar(Collector metric, double value) =>
        System.Diagnostics.Activity.Current is { Recorded: true } ? Exemplar.FromTraceContext() : Exemplar.None;
}
