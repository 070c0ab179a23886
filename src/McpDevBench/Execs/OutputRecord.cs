using System.Buffers.Binary;

namespace McpDevBench.Execs;

/// <summary>The head of a piece of output in the log; its bytes follow.</summary>
/// <param name="Length">Bytes that follow.</param>
/// <param name="Stream">1: stdout, 2: stderr.</param>
/// <param name="Seq">From 0, without gap.</param>
/// <param name="Offset">Bytes of both streams before this piece.</param>
/// <param name="StdoutBefore">Bytes of stdout before this piece: with <paramref name="Offset"/> it tells both sums, whatever was dropped.</param>
/// <param name="UnixMicroseconds">When the agent read it.</param>
internal readonly record struct OutputRecord(int Length, byte Stream, long Seq, long Offset, long StdoutBefore, long UnixMicroseconds)
{
    public const int Size = 37;

    /// <summary>Longest piece: what is larger is stored as several, so that one fits into a small answer.</summary>
    public const int MostLength = 8 << 10;

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to, Length);
        to[4] = Stream;
        BinaryPrimitives.WriteInt64LittleEndian(to[5..], Seq);
        BinaryPrimitives.WriteInt64LittleEndian(to[13..], Offset);
        BinaryPrimitives.WriteInt64LittleEndian(to[21..], StdoutBefore);
        BinaryPrimitives.WriteInt64LittleEndian(to[29..], UnixMicroseconds);
    }

    public static OutputRecord Read(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadInt32LittleEndian(from), from[4], BinaryPrimitives.ReadInt64LittleEndian(from[5..]), BinaryPrimitives.ReadInt64LittleEndian(from[13..]),
        BinaryPrimitives.ReadInt64LittleEndian(from[21..]), BinaryPrimitives.ReadInt64LittleEndian(from[29..]));
}
