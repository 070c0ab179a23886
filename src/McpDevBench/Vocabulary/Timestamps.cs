using System.Globalization;

namespace McpDevBench.Vocabulary;

/// <summary>Times as text: ISO 8601 in UTC.</summary>
internal static class Timestamps
{
    /// <summary>With milliseconds; <see cref="Length"/> characters.</summary>
    public const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public const int Length = 24;

    private const string SecondsFormat = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static string Text(DateTimeOffset moment) => moment.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);

    public static string Seconds(DateTimeOffset moment) => moment.UtcDateTime.ToString(SecondsFormat, CultureInfo.InvariantCulture);
}
