using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Observability;

namespace McpDevBench.Access;

/// <summary>A refusal as JSON: the same members in tool results and in answers of the HTTP endpoints.</summary>
internal static class HttpError
{
    private static readonly JsonWriterOptions _relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonObject Describe(RequestException refusal)
    {
        var error = new JsonObject
        {
            ["code"] = refusal.Code.Name(),
            ["message"] = refusal.Message,
            ["hint"] = HintOf(refusal),
            ["retryable"] = refusal.Retryable,
            [CorrelationId.Field] = CorrelationId.Ensure(),
        };
        if (refusal.Details is null && refusal.Code.Number() is null)
            return error;
        var details = new JsonObject();
        if (refusal.Code.Number() is { } number)
            details["number"] = number;
        foreach (var (name, value) in refusal.Details ?? new Dictionary<string, string>())
            details[name] = value;
        error["details"] = details;
        return error;
    }

    /// <summary>The hint with the tools alone that this server offers. What says why a tool is not offered stays as it is.</summary>
    public static string HintOf(RequestException refusal) => refusal.Rule == "tool" ? refusal.Hint : ToolNames.Hint(refusal.Hint);

    /// <summary>What is said of a failure that nobody foresaw: nothing but the id under which the log has it.</summary>
    public static RequestException Unexpected() =>
        new(ErrorCode.ServerError, "The server failed unexpectedly.", $"Tell the operator the correlation id {CorrelationId.Ensure()}; the log has the reason.");

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
    /// <param name="id">The request's, as far as it is known.</param>
    /// <param name="code">For programs, in the error's data; null: none.</param>
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

    /// <summary>JSON with the escapes that it needs, and no others.</summary>
    public static string Text(JsonNode body)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, _relaxed))
            body.WriteTo(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}

/// <summary>Numbers of JSON-RPC for errors that are answered before the protocol's own code sees the message.</summary>
internal enum RpcError
{
    ParseError = -32700,
    InvalidRequest = -32600,
    InvalidParams = -32602,
    ResourceExhausted = -32000,
    UnknownSession = -32001,
}
