using BenchmarkDotNet.Attributes;

namespace McpDevBench.Benchmarks;

/// <summary>A whole tool call over HTTP, client included, and what watching it costs.</summary>
public class CallBenchmarks
{
    private LoopbackServer _server = null!;

    [GlobalSetup(Target = nameof(Unwatched))]
    public Task StartUnwatched() => StartAsync("CRITICAL", metrics: false);

    [GlobalSetup(Target = nameof(Watched))]
    public Task StartWatched() => StartAsync("INFO", metrics: true);

    [GlobalCleanup]
    public Task Stop() => _server.DisposeAsync().AsTask();

    [Benchmark(Baseline = true, Description = "everything off")]
    public Task<string> Unwatched() => _server.CallAsync();

    [Benchmark(Description = "with metrics and log")]
    public Task<string> Watched() => _server.CallAsync();

    private async Task StartAsync(string level, bool metrics) =>
        _server = await LoopbackServer.StartAsync(new() { ["MCP_LOG_LEVEL"] = level, ["MCP_METRICS_ENABLED"] = metrics ? "true" : "false" });
}
