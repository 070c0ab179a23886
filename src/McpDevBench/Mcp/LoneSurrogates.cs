using System.Buffers.Text;
using System.Text;

namespace McpDevBench.Mcp;

/// <summary>
/// Half a character, such as <c>\ud800</c>: legal in JSON, but not in a text of .NET or in UTF-8. All of it works on JSON with its escapes.
/// </summary>
internal static class LoneSurrogates
{
    private const int EscapeLength = 6;

    public static bool InJson(string json) => In(Encoding.UTF8.GetBytes(json)) is not null;

    /// <returns>The first one, as it is written.</returns>
    public static string? In(ReadOnlySpan<byte> json)
    {
        for (var at = json.IndexOf((byte)'\\'); at >= 0 && at + 1 < json.Length;)
        {
            if (IsLone(json, at, out var length))
                return Encoding.ASCII.GetString(json.Slice(at, EscapeLength));
            var rest = json[(at + length)..];
            var next = rest.IndexOf((byte)'\\');
            at = next < 0 ? -1 : at + length + next;
        }
        return null;
    }

    /// <param name="at">Where an escape begins.</param>
    /// <param name="length">Of what the escape stands for: 12 for a pair.</param>
    public static bool IsLone(ReadOnlySpan<byte> json, int at, out int length)
    {
        length = 2;
        if (!TryUnit(json[at..], out var first))
            return false;
        length = EscapeLength;
        if (!char.IsSurrogate(first))
            return false;
        if (char.IsLowSurrogate(first) || !TryUnit(json[(at + EscapeLength)..], out var second) || !char.IsLowSurrogate(second))
            return true;
        length = 2 * EscapeLength;
        return false;
    }

    private static bool TryUnit(ReadOnlySpan<byte> json, out char unit)
    {
        unit = '\0';
        if (json.Length < EscapeLength || json[0] != '\\' || json[1] != 'u'
            || !Utf8Parser.TryParse(json[2..EscapeLength], out ushort value, out var consumed, 'x') || consumed != 4)
            return false;
        unit = (char)value;
        return true;
    }
}
