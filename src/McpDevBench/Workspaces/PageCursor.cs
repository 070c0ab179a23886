using System.Globalization;
using McpDevBench.Storage;

namespace McpDevBench.Workspaces;

/// <summary>Where a page of a list ends: a moment and an id, as a client gives it back.</summary>
internal static class PageCursor
{
    public static string Of(DateTimeOffset moment, string id) =>
        string.Create(CultureInfo.InvariantCulture, $"{moment.Milliseconds()}.{id}");

    /// <exception cref="RequestException">invalid_argument.</exception>
    public static (long Milliseconds, string Id) Parse(string cursor)
    {
        var at = cursor.IndexOf('.', StringComparison.Ordinal);
        return at > 0 && long.TryParse(cursor.AsSpan(0, at), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? (milliseconds, cursor[(at + 1)..])
            : throw SpawnPlan.Invalid("cursor", cursor, "a next_cursor of an earlier answer");
    }
}
