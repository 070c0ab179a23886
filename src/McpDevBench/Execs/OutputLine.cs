using System.Text;

namespace McpDevBench.Execs;

/// <summary>A line of output, as it is shown.</summary>
/// <param name="First">The piece that it begins in.</param>
/// <param name="Before">Where reading begins to read it.</param>
internal sealed record OutputLine(OutputRecord First, OutputPosition Before, string Text);

/// <summary>A line of one stream of which more may come.</summary>
internal sealed class UnfinishedLine
{
    public StringBuilder Text { get; } = new();
    public OutputRecord First { get; private set; }
    public OutputPosition Before { get; private set; }

    /// <summary>The piece that was added last, and where the line's part of it begins and ends.</summary>
    public long Last { get; private set; } = -1;
    public int LastByte { get; private set; }
    public int EndByte { get; private set; }

    /// <summary>Offset of <see cref="LastByte"/> in the log.</summary>
    public long LastOffset { get; private set; }

    public void Add(in OutputRecord record, ReadOnlySpan<char> text, int fromByte, int toByte)
    {
        if (Text.Length == 0)
            (First, Before) = (record, new(record.Seq - 1, fromByte));
        Text.Append(text);
        (Last, LastByte, EndByte, LastOffset) = (record.Seq, fromByte, toByte, record.Offset + fromByte);
    }
}
