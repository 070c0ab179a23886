using System.Buffers;
using System.Text;

namespace McpDevBench.Execs;

/// <summary>A piece of output that alone is larger than an answer may be.</summary>
/// <param name="filter">Removes control sequences; null to keep them.</param>
internal sealed class OutputPiece(OutputRecord record, AnsiFilter? filter)
{
    /// <summary>
    /// The characters that fit into <paramref name="maxBytes"/>, one at least, and the bytes of the piece that they are. The cut is not
    /// behind a damaged character that looks like the beginning of one: reading on from there would begin with it again.
    /// </summary>
    public (string Text, int Bytes) Begin(ReadOnlySpan<byte> content, int maxBytes)
    {
        var kept = new StringBuilder();
        var (taken, size) = (0, 0L);
        var (fits, bytes) = (0, 0);
        // A character that began in the piece before ends in this one, or turns out to be damaged before this one begins.
        Span<byte> first = stackalloc byte[PartialCharacter.MaxBytes + 4];
        var carried = record.Before.CopyTo(first);
        while (taken < content.Length)
        {
            var coming = content[taken..Math.Min(taken + 4, content.Length)];
            coming.CopyTo(first[carried..]);
            var joined = first[..(carried + coming.Length)];
            if (Rune.DecodeFromUtf8(joined, out var rune, out var used) == OperationStatus.NeedMoreData)
                break;
            var text = rune.ToString();
            text = filter?.Apply(text) ?? text;
            var next = JsonSize.Charge(text);
            if (bytes > 0 && size + next > maxBytes)
                break;
            kept.Append(text);
            size += next;
            taken += Math.Max(0, used - carried);
            first[used..].CopyTo(first);
            carried = Math.Max(0, carried - used);
            if (taken > 0 && record.Before.Then(content[..taken]) == default)
                (fits, bytes) = (kept.Length, taken);
        }
        return bytes > 0 ? (kept.ToString(0, fits), bytes) : (kept.ToString(), content.Length);
    }
}
