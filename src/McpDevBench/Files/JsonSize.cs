using System.Buffers;
using System.Text;

namespace McpDevBench.Files;

/// <summary>Bytes that text takes within a JSON string, as answers write it: a control character takes six.</summary>
internal static class JsonSize
{
    private const int Short = 2, Escape = 6;

    /// <summary>Characters of one byte: printable ASCII but for the quote and the backslash.</summary>
    private static readonly SearchValues<char> _plain = SearchValues.Create(
        [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code).Where(character => character is not ('"' or '\\'))]);

    public static int Of(ReadOnlySpan<char> text)
    {
        var size = 0;
        for (int plain; (plain = text.IndexOfAnyExcept(_plain)) >= 0;)
        {
            Rune.DecodeFromUtf16(text[plain..], out var rune, out var length);
            size += plain + Of(rune);
            text = text[(plain + length)..];
        }
        return size + text.Length;
    }

    private static int Of(Rune rune) => rune.Value switch
    {
        '"' or '\\' or '\n' or '\r' or '\t' or '\b' or '\f' => Short,
        0x2028 or 0x2029 or 0xFEFF => Escape,
        _ => Rune.IsControl(rune) ? Escape : rune.Utf8SequenceLength,
    };
}
