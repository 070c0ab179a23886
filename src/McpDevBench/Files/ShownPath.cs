using System.Globalization;
using System.Text;

namespace McpDevBench.Files;

/// <summary>
/// Paths in the text of an answer. A control character in a name, such as a newline, would begin a line that looks like one of the answer;
/// it is shown as <c>\x0A</c>, which the tools take as that character. The structured result has the name as it is.
/// </summary>
internal static class ShownPath
{
    /// <summary>For an answer in which a name is shown so.</summary>
    public const string Note = "\\xNN in a name is a control character: a path with it, as shown, names the file";

    public static bool IsHiding(string path) => path.Any(IsHidden);

    public static string Of(string path)
    {
        if (!path.Any(IsHidden))
            return path;
        var text = new StringBuilder(path.Length + 16);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in path.EnumerateRunes())
        {
            if (rune.IsBmp && IsHidden((char)rune.Value))
            {
                foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
                    text.Append(CultureInfo.InvariantCulture, $"\\x{value:X2}");
            }
            else
            {
                text.Append(rune.ToString());
            }
        }
        return text.ToString();
    }

    /// <summary>Ends a line, moves the cursor, or turns the direction in which text is shown.</summary>
    private static bool IsHidden(char character) => char.IsControl(character)
        || character is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
