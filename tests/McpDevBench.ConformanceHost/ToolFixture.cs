using System.Text.Json;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.ConformanceHost;

/// <summary>A tool that the suite calls by its name.</summary>
internal sealed class ToolFixture(
    string name, string description, Func<RequestContext<CallToolRequestParams>, CancellationToken, ValueTask<CallToolResult>> call,
    string? inputSchema = null) : McpServerTool
{
    public ToolFixture(string name, string description, params ContentBlock[] content)
        : this(name, description, (_, _) => ValueTask.FromResult(new CallToolResult { Content = content }))
    {
    }

    public override Tool ProtocolTool { get; } = new()
    {
        Name = name,
        Description = description,
        InputSchema = JsonElement.Parse(inputSchema ?? """{"type":"object"}"""),
        Annotations = new() { ReadOnlyHint = true },
    };

    public override IReadOnlyList<object> Metadata => [];

    public override ValueTask<CallToolResult> InvokeAsync(
        RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default) => call(request, cancellationToken);

    public static CallToolResult Text(string text) => new() { Content = [new TextContentBlock { Text = text }] };

    public static string Argument(RequestContext<CallToolRequestParams> request, string name) =>
        request.Params.Arguments is { } arguments && arguments.TryGetValue(name, out var value) ? value.GetString() ?? "" : "";
}
