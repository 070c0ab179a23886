using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace McpDevBench.Observability.Logs;

/// <summary>
/// How text is written into a line: as it is, but for what could break the line, move the cursor, turn the reading direction or hide
/// itself. That is escaped as in JSON, in both shapes of a line.
/// </summary>
internal sealed class LineEncoder : JavaScriptEncoder
{
    private static readonly SearchValues<char> _plain =
        SearchValues.Create(" !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    public static LineEncoder Instance { get; } = new();

    /// <summary><c>\u0000</c></summary>
    public override int MaxOutputCharactersPerInputCharacter => 6;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is '"' or '\\' || CharUnicodeInfo.GetUnicodeCategory(unicodeScalar)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.Surrogate;

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var all = new ReadOnlySpan<char>(text, textLength);
        for (var at = 0; ;)
        {
            var next = all[at..].IndexOfAnyExcept(_plain);
            if (next < 0)
                return -1;
            at += next;
            // Half of a pair is encoded too: UTF-8 has no place for it.
            if (Rune.DecodeFromUtf16(all[at..], out var rune, out var length) != OperationStatus.Done || WillEncode(rune.Value))
                return at;
            at += length;
        }
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var output = new Span<char>(buffer, bufferLength);
        if (unicodeScalar is '"' or '\\')
            return output.TryWrite($"\\{(char)unicodeScalar}", out numberOfCharactersWritten);
        if (unicodeScalar == '\n')
            return output.TryWrite($"\\n", out numberOfCharactersWritten);
        if (!WillEncode(unicodeScalar))
            return new Rune(unicodeScalar).TryEncodeToUtf16(output, out numberOfCharactersWritten);
        if (unicodeScalar <= char.MaxValue)
            return output.TryWrite(CultureInfo.InvariantCulture, $"\\u{unicodeScalar:x4}", out numberOfCharactersWritten);
        Span<char> pair = stackalloc char[2];
        new Rune(unicodeScalar).EncodeToUtf16(pair);
        return output.TryWrite(CultureInfo.InvariantCulture, $"\\u{(int)pair[0]:x4}\\u{(int)pair[1]:x4}", out numberOfCharactersWritten);
    }
}
