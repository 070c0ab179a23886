using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using McpDevBench.Observability.Metrics;
using Prometheus;

namespace McpDevBench.Benchmarks;

/// <summary>What it costs to record. Measured against the library's own counter and histogram, whose handle is at hand.</summary>
public class MetricBenchmarks
{
    private static readonly TimeSpan _duration = TimeSpan.FromMilliseconds(3);

    private readonly MetricCatalogue _metrics = new(
        new MetricVocabulary(["exec", "fs_read", "tools/call"], ["create"], ["exec.start"]), TimeProvider.System);
    private readonly ActivitySource _source = new("benchmarks");
    private readonly ActivityListener _listener =
        new() { ShouldListenTo = _ => true, Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded };
    private readonly Counter.Child _counter;
    private readonly Histogram.Child _histogram;
    private readonly CounterRow _row;
    private readonly CounterTable _table;
    private readonly HistogramRow _histograms;

    public MetricBenchmarks()
    {
        var (families, words) = (new MetricFamilies(), LabelValues.Results);
        _counter = families.Counter("counter", "", "word").WithLabels("success");
        _histogram = families.Histogram("histogram", "", [0.001, 0.01, 0.1, 1, 10], "word").WithLabels("success");
        _row = families.Counter("row", "", "word", words);
        _table = families.Counter("table", "", ("row", words), ("column", words));
        _histograms = families.Histogram("histograms", "", [0.001, 0.01, 0.1, 1, 10], "word", words);
    }

    /// <summary>A call that is traced: what is recorded carries its trace.</summary>
    [GlobalSetup(Targets = [nameof(TracedHistogram), nameof(TracedCall)])]
    public void Trace()
    {
        ActivitySource.AddActivityListener(_listener);
        _source.StartActivity("call");
    }

    [BenchmarkCategory("counter"), Benchmark(Baseline = true, Description = "the library's counter")]
    public void LibraryCounter() => _counter.Inc();

    [BenchmarkCategory("counter"), Benchmark(Description = "a counter with one label")]
    public void Row() => _row.Add("success");

    [BenchmarkCategory("counter"), Benchmark(Description = "a counter with two labels")]
    public void Table() => _table.Add("success", "timeout");

    [BenchmarkCategory("histogram"), Benchmark(Baseline = true, Description = "the library's histogram")]
    public void LibraryHistogram() => _histogram.Observe(_duration.TotalSeconds);

    [BenchmarkCategory("histogram"), Benchmark(Description = "a histogram with one label")]
    public void Histogram() => _histograms.Observe("success", _duration);

    [BenchmarkCategory("histogram"), Benchmark(Description = "a histogram with one label, in a call that is traced")]
    public void TracedHistogram() => _histograms.Observe("success", _duration);

    [BenchmarkCategory("call"), Benchmark(Baseline = true, Description = "all that one tool call records")]
    public void Call()
    {
        _metrics.Api.Served("exec", _duration, errorType: null);
        _metrics.Api.Operated("tools/call", "none", _duration);
        _metrics.Audit.Written("exec.start", 1, _duration);
    }

    [BenchmarkCategory("call"), Benchmark(Description = "all that one tool call records, if it is traced")]
    public void TracedCall() => Call();
}
