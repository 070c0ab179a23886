using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Access;
using McpDevBench.Calls;
using McpDevBench.Observability;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Mcp;

/// <summary>Errors as MCP answers them: in the result of a tool, or as an error of JSON-RPC.</summary>
internal static class McpErrors
{
    /// <summary>See <see cref="CallKind.ProtocolErrorOf"/>: the SDK answers these itself.</summary>
    public static string? OfTool(Exception exception) => exception switch
    {
        InputRequiredException => CallErrors.None,
        McpProtocolException { ErrorCode: not McpErrorCode.InternalError } => ErrorCode.InvalidArgument.Name(),
        McpProtocolException => ErrorCode.ServerError.Name(),
        _ => null,
    };

    /// <summary>See <see cref="CallKind.ProtocolErrorOf"/>: of a method, the SDK also reads the parameters.</summary>
    public static string? OfMethod(Exception exception) => exception switch
    {
        JsonException => ErrorCode.InvalidArgument.Name(),
        McpException and not McpProtocolException => ErrorCode.ServerError.Name(),
        _ => OfTool(exception),
    };

    /// <summary>An error as the result of a tool: text for a model, members for a program.</summary>
    public static CallToolResult Result(RequestException error)
    {
        var text = $"{error.Code.Name()}: {error.Message}\n{HttpError.HintOf(error)}\n"
            + $"(correlation id {CorrelationId.Ensure()}{(error.Retryable ? "; may succeed later" : "")})";
        return new CallToolResult
        {
            IsError = true,
            Content = [new TextContentBlock { Text = text }],
            StructuredContent = JsonSerializer.SerializeToElement(
                new JsonObject { ["error"] = HttpError.Describe(error) }, McpJson.Default.JsonObject),
        };
    }

    /// <summary>An error of JSON-RPC, with the correlation id in its data. What the SDK answers stays what it is.</summary>
    /// <param name="revision">The protocol version of the client.</param>
    public static Exception Answered(Exception failure, string method, string? revision)
    {
        var error = failure switch
        {
            RequestException refused => new McpProtocolException(
                $"{refused.Message} {HttpError.HintOf(refused)}", refused, ProtocolErrorCodes.Of(refused.Code, revision)),
            JsonException { Path: var path } => new McpProtocolException(
                $"The parameters of {method} are malformed{FormFault.Place(path)}.", failure, McpErrorCode.InvalidParams),
            _ => failure,
        };
        error.Data[CorrelationId.Field] = CorrelationId.Current;
        return error;
    }
}
