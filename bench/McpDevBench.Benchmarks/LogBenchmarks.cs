using BenchmarkDotNet.Attributes;
using McpDevBench.Observability;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpDevBench.Benchmarks;

/// <summary>The summary line of a tool call, as it is logged, to a stream that takes everything.</summary>
public partial class LogBenchmarks
{
    private readonly ILogger _json =
        Logger("MCP_LOG_FORMAT", "json"), _text = Logger("MCP_LOG_FORMAT", "text"), _off = Logger("MCP_LOG_LEVEL", "CRITICAL");

    /// <summary>What is known of a call flows with it into its lines.</summary>
    [GlobalSetup(Targets = [nameof(JsonInCall), nameof(TextInCall)])]
    public void BeginCall()
    {
        CorrelationId.Ensure();
        var facts = CallFacts.Begin(Caller.Local);
        (facts.ClientName, facts.ContainerId, facts.ExecId, facts.Image) = (
            "claude-code", "c_0123456789abcdef", "e_0123456789abcdef", "python:3.12-slim");
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

    private static ILogger Logger(string setting, string value)
    {
        var services = new ServiceCollection();
        Product.AddPipeline(services, Product.Options((setting, value)));
        return services.BuildServiceProvider().GetRequiredService<ILoggerFactory>().CreateLogger("McpDevBench.Mcp.CallPipeline");
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Tool called")]
    private static partial void LogCalled(ILogger logger, string tool, string outcome, double durationMs);
}
