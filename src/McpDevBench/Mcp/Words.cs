using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace McpDevBench.Mcp;

/// <summary>How tools write moments, names and what recurs in their descriptions.</summary>
internal static class Words
{
    private static readonly ConcurrentDictionary<Enum, string> _names = new();

    /// <summary><c>TimedOut</c> is <c>timed_out</c>.</summary>
    public static string Snake(Enum value) => _names.GetOrAdd(value, static name => EnumNames.SnakeCase(name.ToString()));

    public static string Time(DateTimeOffset moment) => Timestamps.Text(moment);

    [return: NotNullIfNotNull(nameof(moment))]
    public static string? Time(DateTimeOffset? moment) => moment is { } known ? Time(known) : null;

    public static string Invariant(ref DefaultInterpolatedStringHandler text) => string.Create(CultureInfo.InvariantCulture, ref text);

    /// <summary>What a call is about, marked if it only asks what would be.</summary>
    public static string? Rehearsal(bool dryRun, string? target) => dryRun ? $"dry_run {target}".TrimEnd() : target;

    public static string More(string? cursor) => cursor is null ? "" : $"\nThere are more: call again with cursor={cursor}.";
}
