namespace McpDevBench.Execs;

/// <summary>A line of output, as it is shown.</summary>
/// <param name="First">The piece that it begins in.</param>
/// <param name="Before">Where reading begins to read it.</param>
/// <param name="Left">Bytes of it that are not in the text: it is too long.</param>
internal sealed record OutputLine(OutputRecord First, OutputPosition Before, string Text, long Left = 0)
{
    public long Size => System.Text.Encoding.UTF8.GetByteCount(Text) + Left;
}
