using BenchmarkDotNet.Attributes;
using McpDevBench.Observability;
using McpDevBench.Observability.Logs;
using Microsoft.Extensions.Logging;

namespace McpDevBench.Benchmarks;

/// <summary>The summary line of a tool call, as it is logged, to a stream that takes everything.</summary>
public partial class LogBenchmarks
{
    private readonly ILogger _json = Logger(new LogOptions()), _text = Logger(new LogOptions { Json = false }), _off = Logger(new LogOptions { Level = LogLevel.Critical });

    /// <summary>What is known of a call flows with it into its lines.</summary>
    [GlobalSetup(Targets = [nameof(JsonInCall), nameof(TextInCall)])]
    public void BeginCall()
    {
        CorrelationId.Ensure();
        var facts = CallFacts.Begin("local");
        (facts.ClientName, facts.ContainerId, facts.ExecId, facts.Image) = ("claude-code", "c_0123456789abcdef", "e_0123456789abcdef", "python:3.12-slim");
    }

    [Benchmark(Baseline = true, Description = "a JSON line")]
    public void Json() => LogCalled(_json, "exec", "ok", 3.2);

    [Benchmark(Description = "a JSON line with the facts of a call")]
    public void JsonInCall() => LogCalled(_json, "exec", "ok", 3.2);

    [Benchmark(Description = "a text line")]
    public void Text() => LogCalled(_text, "exec", "ok", 3.2);

    [Benchmark(Description = "a text line with the facts of a call")]
    public void TextInCall() => LogCalled(_text, "exec", "ok", 3.2);

    [Benchmark(Description = "a line below the level")]
    public void Off() => LogCalled(_off, "exec", "ok", 3.2);

    private static ILogger Logger(LogOptions options) =>
        LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new LogWriter(options, TimeProvider.System, new LogOutput(Stream.Null, null, TimeProvider.System)))).CreateLogger("McpDevBench.Mcp.CallPipeline");

    [LoggerMessage(Level = LogLevel.Information, Message = "Tool called")]
    private static partial void LogCalled(ILogger logger, string tool, string outcome, double durationMs);
}
