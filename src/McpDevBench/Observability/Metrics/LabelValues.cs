using System.Collections.Frozen;

namespace McpDevBench.Observability.Metrics;

/// <summary>
/// The values of a label: a closed set. Other words count as <c>other</c>, so no client can create a series. Lookups do not allocate.
/// </summary>
internal sealed class LabelValues
{
    private const string Other = "other";

    private readonly FrozenDictionary<string, int> _indexes;

    /// <param name="other">The word that stands for all unknown ones; it is the last value.</param>
    public LabelValues(IEnumerable<string> words, string other = Other)
    {
        Words = [.. words.Where(word => word != other).Distinct(), other];
        _indexes = Words.Select((word, index) => KeyValuePair.Create(word, index)).ToFrozenDictionary(StringComparer.Ordinal);
    }

    public LabelValues(params ReadOnlySpan<string> words)
        : this(words.ToArray(), Other)
    {
    }

    public IReadOnlyList<string> Words { get; }

    public int IndexOf(string word) => _indexes.TryGetValue(word, out var index) ? index : Words.Count - 1;

    public bool Contains(string word) => _indexes.ContainsKey(word);

    /// <summary><c>success</c>, every error code, and the other ways in which a call ends.</summary>
    public static LabelValues Results { get; } = new(["success", .. ErrorCodes.Names, "cancelled", "tool_error"]);

    /// <summary>As <see cref="Results"/>, without success.</summary>
    public static LabelValues Errors { get; } = new([.. ErrorCodes.Names, "cancelled", "tool_error"]);
}
