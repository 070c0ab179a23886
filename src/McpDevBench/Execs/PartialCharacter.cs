using System.Buffers;
using System.Text;

namespace McpDevBench.Execs;

/// <summary>
/// The first bytes of a character whose other bytes have not arrived: none to three. Each record of the log has those of its stream before
/// it, so its text is known from the record alone: every character belongs to the record that completes it.
/// </summary>
internal readonly record struct PartialCharacter(byte Count, byte First = 0, byte Second = 0, byte Third = 0)
{
    public const int MaxBytes = 3;

    /// <summary>The bytes at the end of <paramref name="content"/> that begin a character.</summary>
    public static PartialCharacter AtEndOf(ReadOnlySpan<byte> content) => Of(content[^Utf8Text.Unfinished(content)..]);

    private static PartialCharacter Of(ReadOnlySpan<byte> bytes) => bytes switch
    {
        [var first] => new(1, first),
        [var first, var second] => new(2, first, second),
        [var first, var second, var third] => new(3, first, second, third),
        _ => default,
    };

    /// <summary>What is unfinished when <paramref name="content"/> follows.</summary>
    public PartialCharacter Then(ReadOnlySpan<byte> content)
    {
        if (content.Length >= MaxBytes || Count == 0)
            return AtEndOf(content);
        Span<byte> joined = stackalloc byte[2 * MaxBytes];
        var length = CopyTo(joined);
        content.CopyTo(joined[length..]);
        return AtEndOf(joined[..(length + content.Length)]);
    }

    /// <summary>The characters that end within <paramref name="content"/>; with no content, U+FFFD for what stays unfinished.</summary>
    public string Decode(ReadOnlySpan<byte> content)
    {
        if (Count == 0)
            return Utf8Text.Decode(content[..^Utf8Text.Unfinished(content)]);
        var joined = ArrayPool<byte>.Shared.Rent(MaxBytes + content.Length);
        var length = CopyTo(joined);
        content.CopyTo(joined.AsSpan(length));
        var all = joined.AsSpan(0, length + content.Length);
        var text = Encoding.UTF8.GetString(content.IsEmpty ? all : all[..^Utf8Text.Unfinished(all)]);
        ArrayPool<byte>.Shared.Return(joined);
        return text;
    }

    public int CopyTo(Span<byte> target)
    {
        ReadOnlySpan<byte> bytes = [First, Second, Third];
        bytes[..Count].CopyTo(target);
        return Count;
    }
}
