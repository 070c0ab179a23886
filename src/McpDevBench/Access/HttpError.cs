using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Observability;

namespace McpDevBench.Access;

/// <summary>Errors as JSON, with the same members in tool results and in answers of the HTTP endpoints.</summary>
internal static class HttpError
{
    private static readonly JsonWriterOptions _relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonObject Describe(RequestException error)
    {
        var described = new JsonObject
        {
            ["code"] = error.Code.Name(),
            ["message"] = error.Message,
            ["hint"] = HintOf(error),
            ["retryable"] = error.Retryable,
            [CorrelationId.Field] = CorrelationId.Ensure(),
        };
        if (error.Details is null && error.Code.Number() is null)
            return described;
        var details = new JsonObject();
        if (error.Code.Number() is { } number)
            details["number"] = number;
        foreach (var (name, value) in error.Details ?? new Dictionary<string, string>())
            details[name] = value;
        described["details"] = details;
        return described;
    }

    /// <summary>The hint, naming only tools that this server offers. The reason why a tool is disabled stays as it is.</summary>
    public static string HintOf(RequestException error) => error.Rule == "tool" ? error.Hint : ToolNames.Hint(error.Hint);

    /// <summary>A defect of the server: its caller gets only the id under which the log has the reason.</summary>
    public static RequestException Unexpected(Exception? inner = null) => new(
        ErrorCode.ServerError, "The server failed unexpectedly.",
        $"Tell the operator the correlation id {CorrelationId.Ensure()}; the log has the reason.", inner: inner);

    public static Task WriteAsync(HttpContext context, RequestException error, int? status = null)
    {
        if (error.Details?.GetValueOrDefault(RequestException.Etag) is { } etag)
            context.Response.Headers.ETag = $"\"{etag}\"";
        return WriteAsync(context, status ?? error.Code.HttpStatus(), new JsonObject { ["error"] = Describe(error) });
    }

    public static Task WriteAsync(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.WriteAsync(Text(body), context.RequestAborted);
    }

    /// <summary>An error in the shape of JSON-RPC.</summary>
    /// <param name="id">Of the request, if it is known.</param>
    /// <param name="code">In the error's data, for programs; null: none.</param>
    public static Task WriteRpcAsync(
        HttpContext context, int status, RpcError error, string message, JsonNode? id = null, ErrorCode? code = null)
    {
        var data = new JsonObject { [CorrelationId.Field] = CorrelationId.Ensure() };
        if (code is { } named)
            data.Insert(0, "code", named.Name());
        return WriteAsync(context, status, new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = id,
            ["error"] = new JsonObject { ["code"] = (int)error, ["message"] = message, ["data"] = data },
        });
    }

    /// <summary>JSON with no more escapes than it needs.</summary>
    public static string Text(JsonNode body)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, _relaxed))
            body.WriteTo(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <summary>JSON-RPC codes of errors that are answered before the SDK sees the message.</summary>
internal enum RpcError
{
    ParseError = -32700,
    InvalidRequest = -32600,
    InvalidParams = -32602,
    ResourceExhausted = -32000,
    UnknownSession = -32001,
}
