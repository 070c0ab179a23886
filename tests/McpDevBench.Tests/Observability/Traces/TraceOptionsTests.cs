using McpDevBench.Observability.Traces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace McpDevBench.Tests.Observability.Traces;

[Collection(Listening.Name)]
public sealed class TraceOptionsTests
{
    [Fact]
    public void Tracing_is_off_unless_it_is_asked_for()
    {
        var (options, errors) = Read([]);
        Assert.Empty(errors);
        Assert.Equal((false, "http://localhost:4318/v1/traces", 1.0), (options.Enabled, options.Endpoint.ToString(), options.SampleRatio));
        using var server = TestServer.Whole();
        Assert.DoesNotContain(server.Services.GetServices<IHostedService>(), service => service is Tracing);
        using var traced = TestServer.Whole(new() { ["MCP_TRACING_ENABLED"] = "true" });
        Assert.IsType<Tracing>(
            traced.Services.GetServices<IHostedService>().First(
                service => service.GetType().Namespace!.StartsWith("McpDevBench", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("http://tempo:4318", "http://tempo:4318/v1/traces")]
    [InlineData("http://tempo:4318/", "http://tempo:4318/v1/traces")]
    [InlineData("https://collector.example", "https://collector.example/v1/traces")]
    [InlineData("https://collector.example/otlp/v1/traces", "https://collector.example/otlp/v1/traces")]
    [InlineData("http://collector:4317/v1/traces", "http://collector:4317/v1/traces")]
    public void A_base_url_gets_the_path_and_a_path_is_kept(string given, string endpoint)
    {
        var (options, errors) = Read(new() { ["MCP_TRACING_ENDPOINT"] = given });
        Assert.Empty(errors);
        Assert.Equal(endpoint, options.Endpoint.ToString());
    }

    [Theory]
    [InlineData("MCP_TRACING_ENDPOINT", "http://jaeger:14268/api/traces", "use Jaeger's OTLP port, such as http://jaeger:4318.")]
    [InlineData(
        "MCP_TRACING_ENDPOINT", "https://jaeger.example/api/traces/", "use Jaeger's OTLP port, such as http://jaeger.example:4318.")]
    [InlineData("MCP_TRACING_ENDPOINT", "http://jaeger:14250", "use Jaeger's OTLP port, such as http://jaeger:4318.")]
    [InlineData("MCP_TRACING_ENDPOINT", "http://collector:4317", "the port for OTLP over gRPC")]
    [InlineData("MCP_TRACING_ENDPOINT", "jaeger:4318", "is not a URL: use one such as http://localhost:4318.")]
    [InlineData("MCP_TRACING_ENDPOINT", "localhost", "is not a URL")]
    [InlineData("MCP_TRACING_ENDPOINT", "/v1/traces", "is not a URL")]
    [InlineData("MCP_TRACING_ENDPOINT", "grpc://collector:4317", "is not a URL")]
    [InlineData("MCP_TRACING_ENDPOINT", "http://", "is not a URL")]
    [InlineData("MCP_TRACING_ENDPOINT", "http://me:secret@collector:4318", "put credentials into OTEL_EXPORTER_OTLP_HEADERS")]
    [InlineData("MCP_TRACING_ENDPOINT", "http://collector:4318/v1/traces?key=secret", "put credentials into OTEL_EXPORTER_OTLP_HEADERS")]
    [InlineData("MCP_TRACING_SAMPLE_RATIO", "1.5", "use a number from 0 to 1")]
    [InlineData("MCP_TRACING_SAMPLE_RATIO", "-1", "use a number from 0 to 1")]
    [InlineData("MCP_TRACING_SAMPLE_RATIO", "NaN", "use a number from 0 to 1")]
    [InlineData("MCP_TRACING_ENABLED", "jaeger", "use true or false")]
    public void What_cannot_work_is_refused_with_what_can(string name, string value, string sentence)
    {
        var error = Assert.Single(Read(new() { [name] = value }).Errors);
        Assert.StartsWith(name, error, StringComparison.Ordinal);
        Assert.Contains(sentence, error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error, StringComparison.Ordinal);
    }

    private static (TraceOptions Options, IReadOnlyList<string> Errors) Read(Dictionary<string, string?> values)
    {
        var settings = new Settings(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        return (TraceOptions.Read(settings), settings.Errors);
    }
}
