using System.Text;

namespace McpDevBench.Mcp;

/// <summary>
/// The size of an answer that a model reads whole: about 4,000 tokens. Clients cut at 25,000 tokens, and structuredContent may come on top.
/// </summary>
internal static class AnswerBudget
{
    public const int Bytes = 16 << 10;

    /// <summary>The first items whose texts fit. At least one, so that a page always moves on.</summary>
    /// <param name="textOf">An item's text, without its line end.</param>
    public static List<T> Take<T>(IEnumerable<T> items, Func<T, string> textOf)
    {
        var taken = new List<T>();
        var used = 0;
        foreach (var item in items)
        {
            used += Encoding.UTF8.GetByteCount(textOf(item)) + 1;
            if (used > Bytes && taken.Count > 0)
                break;
            taken.Add(item);
        }
        return taken;
    }
}
