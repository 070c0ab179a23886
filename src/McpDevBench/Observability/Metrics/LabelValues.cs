using System.Collections.Frozen;

namespace McpDevBench.Observability.Metrics;

/// <summary>
/// The values of a label: a closed set. A word outside of it counts as <c>other</c>, so nobody can make a series by inventing a word, and a known word is found without allocating.
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

    /// <summary><c>success</c>, the name of every refusal, and how else a call can end.</summary>
    public static LabelValues Results { get; } = new(["success", .. ErrorCodes.Names, "cancelled", "tool_error"]);

    /// <summary>As <see cref="Results"/>, without success.</summary>
    public static LabelValues Errors { get; } = new([.. ErrorCodes.Names, "cancelled", "tool_error"]);
}
