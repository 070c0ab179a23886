using System.Globalization;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Observability.Logs;

/// <summary>Redacts and truncates every text of a log line.</summary>
internal static class LogText
{
    /// <summary>Bytes of one value. Several of them still fit into what log drivers and shippers take for one line.</summary>
    public const int MaxBytes = 8 * 1024;

    public static string Clean(string text) => Cut(SecretRedactor.Instance.Redact(text));

    private static string Cut(string text)
    {
        var fits = Utf8Text.Cut(text, MaxBytes);
        return fits == text.Length
            ? text
            : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, fits)}…[{Plural.Of(text.Length - fits, "character")} cut]");
    }
}
