using System.Globalization;

namespace McpDevBench.Vocabulary;

/// <summary>A number and what is counted, as a sentence needs them: <c>1 line</c>, <c>2 lines</c>, <c>1 entry</c>,
/// <c>0 entries</c>.</summary>
internal static class Plural
{
    /// <param name="many">Where it is not <paramref name="one"/> and an <c>s</c>.</param>
    public static string Of(long count, string one, string? many = null) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many ?? one + "s")}");
}
