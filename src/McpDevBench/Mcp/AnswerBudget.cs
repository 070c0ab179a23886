using System.Buffers;
using System.Text;

namespace McpDevBench.Mcp;

/// <summary>
/// The size of an answer that a model reads whole: about 4,000 tokens. Clients cut at 25,000 tokens, and structuredContent may come on top.
/// </summary>
internal static class AnswerBudget
{
    public const int Bytes = 16 << 10;

    /// <summary>The first items that fit, in the text and in structuredContent. At least one, so that a page always moves on.</summary>
    /// <param name="textOf">An item's text, without its line end.</param>
    /// <param name="jsonBytesOf">What an item takes in structuredContent; see <see cref="JsonBytes"/>.</param>
    /// <param name="maxBytes">Of each of the two.</param>
    public static List<T> Take<T>(IEnumerable<T> items, Func<T, string> textOf, Func<T, int> jsonBytesOf, int maxBytes = Bytes)
    {
        var taken = new List<T>();
        var (text, json) = (0, 0);
        foreach (var item in items)
        {
            text += Encoding.UTF8.GetByteCount(textOf(item)) + 1;
            json += jsonBytesOf(item) + 1;
            if (Math.Max(text, json) > maxBytes && taken.Count > 0)
                break;
            taken.Add(item);
        }
        return taken;
    }

    /// <summary>Bytes of JSON that the serializer wrote, once escapes that are not needed are taken out.</summary>
    public static int JsonBytes(ReadOnlySpan<byte> json)
    {
        var relaxed = new ArrayBufferWriter<byte>(json.Length + 1);
        new RelaxedJson().Append(json, relaxed);
        return relaxed.WrittenCount;
    }
}
