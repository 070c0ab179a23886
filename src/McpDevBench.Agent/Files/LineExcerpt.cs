using System.Text;
using System.Text.Unicode;

namespace McpDevBench.Agent.Files;

/// <summary>What is shown of a line: all of it, or of a long one what is around a match.</summary>
/// <param name="End">Where the excerpt ends in the piece, in bytes.</param>
internal readonly record struct LineExcerpt(string Text, bool IsCut, int End)
{
    private const int MaxBytes = 400;
    private const int BeforeMatch = 120;
    private const string Cut = "…";

    /// <param name="at">Where the match begins, in bytes.</param>
    public static LineExcerpt Of(LinePiece piece, int at, bool latin1)
    {
        var text = piece.Text;
        if (piece.IsLast)
            text = text.TrimEnd((byte)'\r');
        var from = text.Length <= MaxBytes ? 0 : Math.Max(0, Math.Min(at - BeforeMatch, text.Length - MaxBytes));
        var to = Math.Min(text.Length, from + MaxBytes);
        if (!latin1)
        {
            from = CharacterAt(text, from);
            to = CharacterAt(text, to);
        }
        var before = from > 0 || !piece.IsFirst;
        var after = to < text.Length || !piece.IsLast;
        return new LineExcerpt($"{(before ? Cut : "")}{Decode(text[from..to], latin1)}{(after ? Cut : "")}", before || after, to);
    }

    /// <summary>The beginning of the character that a byte belongs to.</summary>
    private static int CharacterAt(ReadOnlySpan<byte> text, int at)
    {
        for (var back = 0; back < 4 && at - back > 0 && at < text.Length; back++)
        {
            if ((text[at - back] & 0xC0) != 0x80)
                return at - back;
        }
        return at;
    }

    private static string Decode(ReadOnlySpan<byte> text, bool latin1)
    {
        if (!latin1 && !Utf8.IsValid(text))
            latin1 = IsRatherLatin1(text);
        return (latin1 ? Encoding.Latin1 : Encoding.UTF8).GetString(text);
    }

    /// <summary>There is not one character of UTF-8 beyond ASCII in it.</summary>
    private static bool IsRatherLatin1(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out _, out var length) == System.Buffers.OperationStatus.Done && length > 1)
                return false;
            text = text[length..];
        }
        return true;
    }
}
