using System.Diagnostics;
using BenchmarkDotNet.Attributes;
using McpDevBench.Observability;
using McpDevBench.Observability.Traces;

namespace McpDevBench.Benchmarks;

/// <summary>A call's span and one of its parts, without and with a listener. Measured against the runtime's own, without a tag.</summary>
public class SpanBenchmarks
{
    private static readonly RequestStart _start = new(
        "tools/call", "exec", IsToolCall: true, "17", Traceparent: null, Tracestate: null, OverHttp: true);

    private readonly ActivitySource _source = new("benchmarks");

    [GlobalSetup(Targets = [nameof(Bare), nameof(Request), nameof(Part), nameof(FromClient)])]
    public void Listen()
    {
        ActivitySource.AddActivityListener(
            new ActivityListener { ShouldListenTo = _ => true, Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded });
        CorrelationId.Ensure();
        // The HTTP request's.
        _source.StartActivity("POST", ActivityKind.Server);
    }

    [Benchmark(Baseline = true, Description = "a span of the runtime")]
    public void Bare() => _source.StartActivity("tools/call exec", ActivityKind.Server)?.Dispose();

    [Benchmark(Description = "a call's span")]
    public void Request() => Spans.Request(_start).Dispose();

    [Benchmark(Description = "a call's span, whose parent the client names")]
    public void FromClient() =>
        Spans.Request(_start with { Traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" }).Dispose();

    [Benchmark(Description = "a part of a call")]
    public void Part() => Spans.DatabaseWrite().Dispose();

    [Benchmark(Description = "a call's span, without a listener")]
    public void RequestUnheard() => Spans.Request(_start).Dispose();

    [Benchmark(Description = "a part of a call, without a listener")]
    public void PartUnheard() => Spans.DatabaseWrite().Dispose();
}
