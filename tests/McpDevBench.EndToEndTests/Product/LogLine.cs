using System.Globalization;
using System.Text.Json.Nodes;

namespace McpDevBench.EndToEndTests.Product;

/// <summary>A line of the server's log, which is what the guide says it is.</summary>
internal sealed record LogLine(JsonObject Fields)
{
    private static readonly string[] _levels = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

    public string Level => Text("level")!;

    public string Message => Text("message")!;

    public string? CorrelationId => Text("correlation_id");

    public static IReadOnlyList<LogLine> ReadAll(string log) => [.. log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Read)];

    public static LogLine Read(string line)
    {
        var fields = Assert.IsType<JsonObject>(JsonNode.Parse(line));
        Assert.Equal(["timestamp", "level", "logger", "message"], fields.Select(field => field.Key).Take(4));
        Assert.True(
            DateTimeOffset.TryParseExact(
                (string)fields["timestamp"]!, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
                out _),
            line);
        Assert.Contains((string)fields["level"]!, _levels);
        Assert.NotEmpty((string)fields["logger"]!);
        Assert.NotEmpty((string)fields["message"]!);
        return new LogLine(fields);
    }

    public string? Text(string field) => (string?)Fields[field];
}
