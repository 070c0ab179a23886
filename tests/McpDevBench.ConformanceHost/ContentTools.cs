using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.ConformanceHost;

/// <summary>Every kind of content, errors, progress and logging.</summary>
internal static class ContentTools
{
    /// <summary>A picture of one pixel.</summary>
    public static byte[] Image { get; } = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==");

    /// <summary>A sound of no length.</summary>
    private static byte[] Audio { get; } = Convert.FromBase64String("UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=");

    public static IEnumerable<McpServerTool> All { get; } =
    [
        new ToolFixture(
            "test_simple_text", "Answers with text.", new TextContentBlock { Text = "This is a simple text response for testing." }),
        new ToolFixture("test_image_content", "Answers with a picture.", ImageContentBlock.FromBytes(Image, "image/png")),
        new ToolFixture("test_audio_content", "Answers with a sound.", AudioContentBlock.FromBytes(Audio, "audio/wav")),
        new ToolFixture(
            "test_embedded_resource", "Answers with a resource.",
            Resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")),
        new ToolFixture("test_multiple_content_types", "Answers with text, a picture and a resource.",
            new TextContentBlock { Text = "Multiple content types test:" },
            ImageContentBlock.FromBytes(Image, "image/png"),
            Resource("test://mixed-content-resource", "application/json", """{"test":"data","value":123}""")),
        new ToolFixture(
            "test_error_handling", "Is refused.",
            (_, _) => throw new RequestException(
                ErrorCode.Conflict, "This tool intentionally returns an error for testing.", "Nothing helps.")),
        new ToolFixture("test_tool_with_progress", "Reports progress.", ReportProgressAsync),
        new ToolFixture("test_tool_with_logging", "Logs to the client.", LogThriceAsync),
        new ToolFixture("test_logging_tool", "Logs to the client, if it asked for that.", (request, _) =>
        {
            ClientLog(request).Log(LogLevel.Information, new EventId(), "Called", null, static (text, _) => text);
            return ValueTask.FromResult(ToolFixture.Text("Logged, if asked for."));
        }),
        new ToolFixture("test_header_tool", "Has an argument that travels in a header, too.", (request, _) => ValueTask.FromResult(ToolFixture.Text(ToolFixture.Argument(request, "region"))), """
            { "type": "object", "properties": { "region": { "type": "string", "x-mcp-header": "Region" } }, "required": ["region"] }
            """),
        new ToolFixture("json_schema_2020_12_tool", "Has a schema of 2020-12.", (_, _) => ValueTask.FromResult(ToolFixture.Text("Called.")), """
            {
              "$schema": "https://json-schema.org/draft/2020-12/schema",
              "type": "object",
              "$defs": { "address": { "$anchor": "address", "type": "object", "properties": { "street": { "type": "string" }, "city": { "type": "string" } } } },
              "properties": { "name": { "type": "string" }, "address": { "$ref": "#/$defs/address" } },
              "allOf": [{ "anyOf": [{ "required": ["name"] }, { "required": ["address"] }] }],
              "if": { "required": ["address"] },
              "then": { "required": ["name"] },
              "else": { "properties": { "name": { "minLength": 1 } } },
              "additionalProperties": false
            }
            """),
    ];

    public static EmbeddedResourceBlock Resource(string uri, string mimeType, string text) =>
        new() { Resource = new TextResourceContents { Uri = uri, MimeType = mimeType, Text = text } };

    private static async ValueTask<CallToolResult> ReportProgressAsync(
        RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        foreach (var done in new[] { 0, 50, 100 })
        {
            if (request.Params.ProgressToken is { } token)
                await request.Server.NotifyProgressAsync(
                    token, new ProgressNotificationValue { Progress = done, Total = 100 }, cancellationToken: cancellationToken);
            await Task.Delay(50, cancellationToken);
        }
        return ToolFixture.Text("Done.");
    }

    private static async ValueTask<CallToolResult> LogThriceAsync(
        RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        foreach (var text in new[] { "Tool execution started", "Tool processing data", "Tool execution completed" })
        {
            ClientLog(request).Log(LogLevel.Information, new EventId(), text, null, static (said, _) => said);
            await Task.Delay(50, cancellationToken);
        }
        return ToolFixture.Text("Done.");
    }

    private static ILogger ClientLog(RequestContext<CallToolRequestParams> request) =>
        request.Server.AsClientLoggerProvider().CreateLogger("fixtures");
}
