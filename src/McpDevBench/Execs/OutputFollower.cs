using System.Text;

namespace McpDevBench.Execs;

/// <summary>What a command wrote since the last call, or the end of that if it is much.</summary>
internal sealed class OutputFollower(OutputLog log, int maxBytes)
{
    /// <summary>Beyond this much new output, only the last pieces are read.</summary>
    private const int MaxRead = 64 << 10;
    private const int LastPieces = 64;

    private long _seen = -1, _end;

    public string Next()
    {
        var text = new StringBuilder();
        var from = log.EndOffset - _end <= MaxRead ? _seen : Math.Max(_seen, log.NextSeq - 1 - LastPieces);
        var cut = from > _seen;
        log.Read(from, (in OutputRecord record, ReadOnlySpan<byte> content) =>
        {
            text.Append(record.Text(content));
            (_seen, _end) = (record.Seq, record.End);
            return true;
        });
        var whole = text.ToString();
        var last = Utf8Text.Last(whole, maxBytes);
        return cut || last.Length < whole.Length ? $"…{last}" : whole;
    }
}
