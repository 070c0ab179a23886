using System.Text;

namespace McpDevBench.Files;

/// <summary>Bytes that text takes within a JSON string, as answers write it: a control character takes six.</summary>
internal static class JsonSize
{
    private const int Short = 2, Escape = 6;

    public static int Of(ReadOnlySpan<char> text)
    {
        var size = 0;
        foreach (var rune in text.EnumerateRunes())
            size += Of(rune);
        return size;
    }

    private static int Of(Rune rune) => rune.Value switch
    {
        '"' or '\\' or '\n' or '\r' or '\t' or '\b' or '\f' => Short,
        0x2028 or 0x2029 or 0xFEFF => Escape,
        _ => Rune.IsControl(rune) ? Escape : rune.Utf8SequenceLength,
    };
}
