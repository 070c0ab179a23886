using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using McpDevBench.Observability;

namespace McpDevBench.Access;

/// <summary>A refusal as JSON: the same members in tool results and in answers of the HTTP endpoints.</summary>
internal static class HttpRefusal
{
    private static readonly JsonWriterOptions _relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonObject Describe(RefusalException refusal)
    {
        var error = new JsonObject
        {
            ["code"] = refusal.Code.Name(),
            ["message"] = refusal.Message,
            ["hint"] = refusal.Hint,
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

    /// <summary>What is said of a failure that nobody foresaw: nothing but the id under which the log has it.</summary>
    public static RefusalException Unexpected() =>
        new(RefusalCode.ServerError, "The server failed unexpectedly.", $"Tell the operator the correlation id {CorrelationId.Ensure()}; the log has the reason.");

    public static Task WriteAsync(HttpContext context, RefusalException refusal, int? status = null) =>
        WriteAsync(context, status ?? refusal.Code.HttpStatus(), new JsonObject { ["error"] = Describe(refusal) });

    public static Task WriteAsync(HttpContext context, int status, JsonObject body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.WriteAsync(Text(body), context.RequestAborted);
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
