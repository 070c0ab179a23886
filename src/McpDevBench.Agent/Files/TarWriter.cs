using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Writes a POSIX tar.</summary>
internal sealed class TarWriter(ChannelWriter to)
{
    public const int Block = TarHeader.Block;

    public void Header(ReadOnlySpan<byte> name, char type, uint mode, long size, long mtime, ReadOnlySpan<byte> link) =>
        to.Write(TarHeader.Of(name, type, mode, size, mtime, link));

    /// <summary>After content: up to the next whole block.</summary>
    public void Pad(long length) => Zeros(TarHeader.Padding(length));

    public void Zeros(long count)
    {
        Span<byte> zeros = stackalloc byte[Block];
        zeros.Clear();
        for (; count > 0; count -= Block)
            to.Write(zeros[..(int)Math.Min(count, Block)]);
    }

    public void End() => Zeros(2 * Block);
}
