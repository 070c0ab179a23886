using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using McpDevBench.Observability;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>
/// A tool with one record for its arguments and one for its result. Both schemas come from the records. The input schema is enforced, and
/// an error in the arguments says how a model can correct it. Failures are thrown: <see cref="McpEntrance"/> answers them.
/// </summary>
internal abstract class TypedTool<TArguments, TResult> : DevBenchTool
    where TArguments : notnull
    where TResult : notnull
{
    private readonly JsonTypeInfo<TArguments> _argumentsType;
    private readonly JsonTypeInfo<TResult> _resultType;

    protected TypedTool(
        ToolFacts facts, JsonTypeInfo<TArguments> argumentsType, JsonTypeInfo<TResult> resultType, ArgumentLimits? limits = null)
        : base(facts)
    {
        (_argumentsType, _resultType) = (argumentsType, resultType);
        var input = ToolSchema.OfArguments(argumentsType, limits);
        Shape = ArgumentShape.Of(input);
        ProtocolTool = new Tool
        {
            Name = facts.Name,
            Title = facts.Title,
            Description = facts.Description,
            InputSchema = ToolSchema.PublishArguments(input, limits),
            OutputSchema = ToolSchema.PublishResult(ToolSchema.OfResult(resultType)),
            Annotations = facts.Annotations,
        };
    }

    public sealed override Tool ProtocolTool { get; }

    public sealed override ArgumentShape Shape { get; }

    public sealed override async ValueTask<CallToolResult> InvokeAsync(
        RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default)
    {
        var arguments = Bind(request);
        CallMemory.Current?.Parsed();
        if (CallFacts.Current is { } facts)
            facts.Target = TargetOf(arguments);
        CallDeadline.Current?.Set(TimeoutOf(arguments));
        var result = await CallAsync(arguments, new ToolCall(request), cancellationToken);
        return new CallToolResult
        {
            Content = [new TextContentBlock { Text = Render(result) }, .. Attachments(result)],
            StructuredContent = JsonSerializer.SerializeToElement(result, _resultType),
        };
    }

    protected abstract Task<TResult> CallAsync(TArguments arguments, ToolCall call, CancellationToken cancellationToken);

    private TimeSpan TimeoutOf(TArguments arguments) => arguments is IWaitingArguments { Wait: var wait }
        ? wait + CallDeadline.Overhead
        : About.Timeout;

    /// <summary>For the audit log: a path or a name. Never an argument that can hold more than that.</summary>
    protected virtual string? TargetOf(TArguments arguments) => null;

    /// <summary>The result as text. It is complete, because some clients show a model nothing else.</summary>
    protected abstract string Render(TResult result);

    /// <summary>Content blocks after the text, such as images.</summary>
    protected virtual IReadOnlyList<ContentBlock> Attachments(TResult result) => [];

    private TArguments Bind(RequestContext<CallToolRequestParams> request)
    {
        // From the request as it was sent: the SDK's dictionary has lost duplicates.
        var sent = (request.JsonRpcRequest.Params as JsonObject)?["arguments"];
        if (sent is not null and not JsonObject)
            throw Shape.Wrong("The arguments must be an object.");
        try
        {
            var given = sent is null ? JsonElement.Parse("{}"u8) : JsonSerializer.SerializeToElement(sent, McpJson.Default.JsonNode);
            return Shape.Bind(given).Deserialize(_argumentsType)!;
        }
        catch (JsonException exception)
        {
            throw Shape.Wrong(exception.Message.Split(" Path: ", 2)[0]);
        }
    }
}
