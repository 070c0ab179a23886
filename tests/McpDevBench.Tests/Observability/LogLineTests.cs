using System.Text.Json.Nodes;
using McpDevBench.Observability.Logs;
using Microsoft.Extensions.Logging;

namespace McpDevBench.Tests.Observability;

public sealed partial class LogLineTests
{
    private readonly SynchronizedStream _output = new();

    [Fact]
    public void A_line_is_one_json_object_in_the_guides_shape()
    {
        var log = Logger(json: true);
        using (log.BeginScope(new Dictionary<string, object?> { ["ClientName"] = "claude", ["RequestPath"] = "/mcp", ["ContainerId"] = "outer" }))
            LogSpawned(log, "c_1", 12.5, null);
        var line = JsonNode.Parse(Assert.Single(_output.Lines()))!.AsObject();
        Assert.Equal(["timestamp", "level", "logger", "message", "container_id", "duration_ms", "client_name"], line.Select(field => field.Key));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", (string)line["timestamp"]!);
        Assert.Equal(("INFO", "mcp_devbench.tests.observability.log_line_tests", "Container created"), ((string)line["level"]!, (string)line["logger"]!, (string)line["message"]!));
        Assert.Equal(("c_1", 12.5), ((string)line["container_id"]!, (double)line["duration_ms"]!));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_value_cannot_begin_a_new_line_or_move_the_cursor(bool json)
    {
        LogSpawned(Logger(json), "a\r\n{\"level\":\"ERROR\"}\u001b[2J\u2028\u0085b", 1, null);
        var line = Assert.Single(_output.Lines());
        Assert.DoesNotContain(line, letter => char.IsControl(letter) || letter is '\u2028' or '\u0085');
    }

    [Fact]
    public void Text_keeps_the_fields()
    {
        LogSpawned(Logger(json: false), "a name", 1.5, null);
        Assert.Matches(@"^\S+Z INFO     mcp_devbench\.tests\S+: Container created container_id=""a name"" duration_ms=1.5$", Assert.Single(_output.Lines()));
    }

    [Fact]
    public void An_exception_is_a_field()
    {
        LogSpawned(Logger(json: true), "c_1", 1, new InvalidOperationException("no"));
        var line = JsonNode.Parse(Assert.Single(_output.Lines()))!;
        Assert.StartsWith("System.InvalidOperationException: no", (string)line["exception"]!);
    }

    [Fact]
    public void The_noise_of_libraries_is_left_out()
    {
        using var writer = new LogWriter(new LogOptions(), TimeProvider.System, _output);
        Assert.False(writer.CreateLogger("ModelContextProtocol.Server.McpServer").IsEnabled(LogLevel.Error));
        Assert.False(writer.CreateLogger("Microsoft.AspNetCore.Routing").IsEnabled(LogLevel.Information));
        Assert.True(writer.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").IsEnabled(LogLevel.Warning));
        Assert.False(writer.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics").IsEnabled(LogLevel.Critical));
        Assert.True(writer.CreateLogger("McpDevBench.Mcp.CallPipeline").IsEnabled(LogLevel.Information));
        Assert.False(writer.CreateLogger("McpDevBench.Mcp.CallPipeline").IsEnabled(LogLevel.Debug));
    }

    [Theory]
    [InlineData("ContainerId", "container_id")]
    [InlineData("durationMs", "duration_ms")]
    [InlineData("HTTPStatus", "http_status")]
    [InlineData("container_id", "container_id")]
    [InlineData("Level", "field_level")]
    public void Names_are_in_snake_case(string name, string expected) => Assert.Equal(expected, LogFields.SnakeCase(name));

    private ILogger Logger(bool json) => new LogWriter(new LogOptions { Json = json }, TimeProvider.System, _output).CreateLogger(typeof(LogLineTests).FullName!);

    [LoggerMessage(Level = LogLevel.Information, Message = "Container created")]
    private static partial void LogSpawned(ILogger logger, string containerId, double durationMs, Exception? exception);
}
