using System.Text.Json.Nodes;
using McpDevBench.Observability;
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
        using (
            log.BeginScope(
                new Dictionary<string, object?> { ["ClientName"] = "claude", ["RequestPath"] = "/mcp", ["ContainerId"] = "outer" }))
            LogSpawned(log, "c_1", 12.5, null);
        var line = Line();
        Assert.Equal(
            ["timestamp", "level", "logger", "message", "client_name", "container_id", "duration_ms"],
            line.Select(field => field.Key).Take(4).Concat(line.Select(field => field.Key).Skip(4).Order()));
        Assert.Equal("2026-01-15T10:30:00.123Z", (string)line["timestamp"]!);
        Assert.Equal(
            ("INFO", "mcp_devbench.tests.observability.log_line_tests", "Container created"),
            ((string)line["level"]!, (string)line["logger"]!, (string)line["message"]!));
        Assert.Equal(("c_1", 12.5), ((string)line["container_id"]!, (double)line["duration_ms"]!));
    }

    [Fact]
    public async Task A_line_knows_the_call_that_it_belongs_to()
    {
        // In a flow of its own: what is known of a call flows on from here.
        await Task.Run(() =>
        {
            var id = CorrelationId.Ensure();
            var facts = CallFacts.Begin(new Caller("alice"));
            (facts.ContainerId, facts.ExecId, facts.Image, facts.ClientName, facts.SessionId) = (
                "c_2", "e_1", "python:3.11-slim", "claude", "session-123");
            LogSpawned(Logger(json: true), "c_1", 1, null);
            var line = Line();
            Assert.Equal("c_1", (string)line["container_id"]!);
            Assert.Equal((id, "alice", "e_1"), ((string)line["correlation_id"]!, (string)line["principal"]!, (string)line["exec_id"]!));
            Assert.Equal(
                ("python:3.11-slim", "claude", "session-123"),
                ((string)line["image"]!, (string)line["client_name"]!, (string)line["session_id"]!));
        });
    }

    [Theory]
    [MemberData(nameof(Hostile.Values), MemberType = typeof(Hostile))]
    public void A_value_cannot_begin_a_new_line_move_the_cursor_or_turn_the_reading_direction(string value)
    {
        LogSpawned(Logger(json: true), value, 1, new InvalidOperationException(value));
        LogSpawned(Logger(json: false), value, 1, new InvalidOperationException(value));
        Assert.Equal(2, _output.Lines().Count);
        Assert.DoesNotContain(string.Concat(_output.Lines()), letter => char.IsControl(letter)
            || char.GetUnicodeCategory(letter) is System.Globalization.UnicodeCategory.Format or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator);
        Assert.Equal(Hostile.Written(value), (string)JsonNode.Parse(_output.Lines()[0])!["container_id"]!);
    }

    [Theory]
    [InlineData('x', 8192)]
    [InlineData('é', 4096)]
    [InlineData('文', 2730)]
    public void A_value_that_is_too_long_is_cut_where_a_character_ends(char letter, int kept)
    {
        LogSpawned(Logger(json: true), new string(letter, kept), 1, new InvalidOperationException(new string(letter, 1_000_000)));
        LogSpawned(Logger(json: true), new string(letter, 1_000_000), 1, null);
        var lines = _output.Lines().Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(new string(letter, kept), (string)lines[0]["container_id"]!);
        Assert.Equal($"{new string(letter, kept)}…[{1_000_000 - kept} characters cut]", (string)lines[1]["container_id"]!);
        Assert.All(_output.Lines(), line => Assert.InRange(line.Length, 1, 20_000));
    }

    [Fact]
    public void A_pair_is_not_cut_in_half()
    {
        LogSpawned(Logger(json: true), "x" + string.Concat(Enumerable.Repeat("\U0001F600", 3000)), 1, null);
        Assert.StartsWith("x" + string.Concat(Enumerable.Repeat("\U0001F600", 2047)) + "…", (string)Line()["container_id"]!);
    }

    [Fact]
    public void A_secret_is_in_no_part_of_a_line()
    {
        const string secret = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
        var log = Logger(json: true);
        log.Log(LogLevel.Information, default, new Dictionary<string, object?> { ["Url"] = new Uri($"https://u:{secret}@h/"), ["ApiToken"] = 12345, ["note"] = $"x {secret}" }.ToList(),
            new InvalidOperationException($"password={secret}"), (_, _) => $"said Bearer {secret}");
        var line = Line();
        Assert.DoesNotContain(secret, _output.Lines()[0]);
        Assert.Equal(
            ("said Bearer [REDACTED]", "[REDACTED]", "x [REDACTED]"),
            ((string)line["message"]!, (string)line["api_token"]!, (string)line["note"]!));
        Assert.Equal("https://[REDACTED]@h/", (string)line["url"]!);
        Assert.StartsWith("System.InvalidOperationException: password=[REDACTED]", (string)line["exception"]!);
    }

    [Fact]
    public void Of_what_a_client_calls_itself_a_part_is_enough()
    {
        var facts = new CallFacts(Caller.Local) { ClientName = new string('n', 1 << 20), SessionId = new string('文', 1 << 20) };
        Assert.Equal((257, 86), (facts.ClientName.Length, facts.SessionId.Length));
        facts.ClientName = "claude";
        Assert.Equal("claude", facts.ClientName);
    }

    [Fact]
    public void The_noise_of_libraries_is_left_out()
    {
        using var writer = Writer(json: true);
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
    [InlineData("exception.type", "exception_type")]
    [InlineData("a b=\"c", "a_b__c")]
    public void Names_are_in_snake_case(string name, string expected) => Assert.Equal(expected, LogFields.SnakeCase(name));

    private JsonObject Line() => JsonNode.Parse(Assert.Single(_output.Lines()))!.AsObject();

    private ILogger Logger(bool json) => Writer(json).CreateLogger(typeof(LogLineTests).FullName!);

    private LogWriter Writer(bool json) =>
        new(new LogOptions { Json = json }, Clocks.Standing(), new LogOutput(_output, null, Clocks.Standing()));

    [LoggerMessage(Level = LogLevel.Information, Message = "Container created")]
    private static partial void LogSpawned(ILogger logger, string containerId, double durationMs, Exception? exception);
}
