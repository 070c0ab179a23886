using System.Text;

namespace McpDevBench.Files;

/// <summary>The lines of two texts between their first and their last difference, with some equal lines around them.</summary>
/// <param name="Skipped">Equal lines before the region.</param>
/// <param name="Head">Equal lines at its beginning.</param>
/// <param name="Tail">Equal lines at its end.</param>
internal readonly record struct ChangedRegion(string Old, string New, int Skipped, int Head, int Tail)
{
    /// <summary>Compares bytes, so only the region becomes text.</summary>
    /// <param name="context">How many equal lines to keep on either side.</param>
    public static ChangedRegion Of(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, int context)
    {
        var start = before[..before.CommonPrefixLength(after)].LastIndexOf((byte)'\n') + 1;
        var equal = CommonSuffixLength(before[start..], after[start..]);
        // The suffix may begin within a line, and that line differs.
        var newline = before[^equal..].IndexOf((byte)'\n');
        var tail = newline < 0 ? 0 : equal - newline - 1;

        var from = start;
        var head = 0;
        for (; from > 0 && head < context; head++)
            from = before[..(from - 1)].LastIndexOf((byte)'\n') + 1;
        var (kept, foot) = LinesFrom(before[^tail..], context);
        return new ChangedRegion(
            Text(before[from..^(tail - kept)]), Text(after[from..^(tail - kept)]), before[..from].Count((byte)'\n'), head, foot);
    }

    /// <summary>The length of up to <paramref name="max"/> lines.</summary>
    private static (int Bytes, int Lines) LinesFrom(ReadOnlySpan<byte> text, int max)
    {
        var (bytes, lines) = (0, 0);
        for (; lines < max && bytes < text.Length; lines++)
        {
            var newline = text[bytes..].IndexOf((byte)'\n');
            bytes = newline < 0 ? text.Length : bytes + newline + 1;
        }
        return (bytes, lines);
    }

    private static int CommonSuffixLength(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        var max = Math.Min(one.Length, other.Length);
        var length = 0;
        while (length < max && one[^(length + 1)] == other[^(length + 1)])
            length++;
        return length;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
