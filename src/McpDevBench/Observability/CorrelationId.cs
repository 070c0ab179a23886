using System.Buffers;
using System.Security.Cryptography;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Observability;

/// <summary>
/// Identifies a request in every log line, error and response header that it causes. It flows with the asynchronous call, also into
/// background work.
/// </summary>
internal static class CorrelationId
{
    public const string Header = "X-Correlation-Id";

    /// <summary>Its name in log lines, records and errors.</summary>
    public const string Field = "correlation_id";

    private const string OtherHeader = "X-Request-Id";
    private const int MaximumLength = 64;

    private static readonly AsyncLocal<string?> _current = new();
    private static readonly SearchValues<char> _allowed = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>The id of the request that is being served, or null outside of one.</summary>
    public static string? Current => _current.Value;

    public static string New() => "req-" + RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 16);

    /// <summary>Gives the current flow an id, unless it has one.</summary>
    public static string Ensure() => _current.Value ??= New();

    /// <summary>Short, of safe characters, and nothing that looks like a secret.</summary>
    public static bool IsAcceptable(string? id) =>
        id is { Length: > 0 and <= MaximumLength } && !id.AsSpan().ContainsAnyExcept(_allowed) && SecretRedactor.Instance.Redact(id) == id;

    /// <summary>Takes the first acceptable id of the caller, or a new one, and returns it in every response.</summary>
    public static IApplicationBuilder UseCorrelationIds(this IApplicationBuilder app) =>
        app.Use((HttpContext context, RequestDelegate next) =>
    {
        _current.Value = Given(context, Header) ?? Given(context, OtherHeader) ?? New();
        context.Response.Headers[Header] = _current.Value;
        return next(context);
    });

    private static string? Given(HttpContext context, string header) =>
        context.Request.Headers[header].ToString() is var id && IsAcceptable(id) ? id : null;
}
