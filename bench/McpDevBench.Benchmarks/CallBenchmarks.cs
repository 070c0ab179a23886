using BenchmarkDotNet.Attributes;

namespace McpDevBench.Benchmarks;

/// <summary>A whole tool call over HTTP, client included, and what it costs to watch it, one thing more in each row.</summary>
public class CallBenchmarks
{
    private static readonly (string, string)[] _nothing = [("MCP_LOG_LEVEL", "CRITICAL"),
    ("MCP_METRICS_ENABLED", "false"), ("MCP_AUDIT_ENABLED", "false")];
    private static readonly (string, string)[] _watched = [("MCP_LOG_LEVEL", "INFO"),
    ("MCP_METRICS_ENABLED", "true"), ("MCP_AUDIT_ENABLED", "false")];
    private static readonly (string, string)[] _audited = [("MCP_LOG_LEVEL", "INFO"),
    ("MCP_METRICS_ENABLED", "true"), ("MCP_AUDIT_ENABLED", "true")];

    private LoopbackServer _server = null!;
    private SpanReceiver? _receiver;

    [GlobalSetup(Target = nameof(Unwatched))]
    public async Task StartUnwatched() => _server = await LoopbackServer.StartAsync(_nothing);

    [GlobalSetup(Target = nameof(Watched))]
    public async Task StartWatched() => _server = await LoopbackServer.StartAsync(_watched);

    [GlobalSetup(Target = nameof(Audited))]
    public async Task StartAudited() => _server = await LoopbackServer.StartAsync(_audited);

    [GlobalSetup(Target = nameof(Traced))]
    public async Task StartTraced()
    {
        _receiver = await SpanReceiver.StartAsync();
        _server = await LoopbackServer.StartAsync(
            [.. _audited, ("MCP_TRACING_ENABLED", "true"), ("MCP_TRACING_ENDPOINT", _receiver.Address.ToString())]);
    }

    [GlobalCleanup]
    public async Task Stop()
    {
        await _server.DisposeAsync();
        if (_receiver is not null)
            await _receiver.DisposeAsync();
    }

    [Benchmark(Baseline = true, Description = "everything off")]
    public Task<string> Unwatched() => _server.CallAsync();

    [Benchmark(Description = "with metrics and log")]
    public Task<string> Watched() => _server.CallAsync();

    [Benchmark(Description = "with metrics, log and audit")]
    public Task<string> Audited() => _server.CallAsync();

    [Benchmark(Description = "with metrics, log, audit and traces")]
    public Task<string> Traced() => _server.CallAsync();
}
