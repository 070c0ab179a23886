using System.Buffers.Binary;

namespace McpDevBench.Execs;

/// <summary>
/// The header of a piece of output in the log; its bytes follow. A record without bytes ends its stream within a character.
/// </summary>
/// <param name="Length">Bytes that follow.</param>
/// <param name="Stream">1: stdout, 2: stderr.</param>
/// <param name="Seq">From 0, without gap.</param>
/// <param name="Offset">Bytes of both streams before this piece.</param>
/// <param name="StdoutBefore">Bytes of stdout before this piece: with <paramref name="Offset"/> it tells both sums, whatever was
/// dropped.</param>
/// <param name="UnixMicroseconds">When the agent read it.</param>
/// <param name="Before">The character of the same stream that was unfinished before this piece.</param>
internal readonly record struct OutputRecord(
    int Length, byte Stream, long Seq, long Offset, long StdoutBefore, long UnixMicroseconds, PartialCharacter Before = default)
{
    public const int Size = 37;

    /// <summary>Maximum bytes of a piece: longer output is stored as several.</summary>
    public const int MaxLength = 8 << 10;

    // Length and stream leave 24 bits of their five bytes unused. Older servers wrote 0 there, so their logs read as they did.
    private const int LengthBits = 14;
    private const uint LengthMask = (1 << LengthBits) - 1;

    public long StderrBefore => Offset - StdoutBefore;

    /// <summary>Bytes of both streams up to the end of this piece.</summary>
    public long End => Offset + Length;

    /// <summary>The characters that end in this piece.</summary>
    public string Text(ReadOnlySpan<byte> content) => Before.Decode(content);

    /// <summary>What is left of this piece behind its first bytes.</summary>
    public OutputRecord Behind(ReadOnlySpan<byte> first) => this with
    {
        Length = Length - first.Length,
        Offset = Offset + first.Length,
        StdoutBefore = StdoutBefore + (Stream == 1 ? first.Length : 0),
        Before = Before.Then(first),
    };

    public void Write(Span<byte> to)
    {
        var word = (uint)Length | ((uint)Before.Count << LengthBits) | ((uint)Before.First << 16) | ((uint)Before.Second << 24);
        BinaryPrimitives.WriteUInt32LittleEndian(to, word);
        // A third byte goes on with a character: its two high bits are known.
        to[4] = (byte)(Stream | (Before.Third << 2));
        BinaryPrimitives.WriteInt64LittleEndian(to[5..], Seq);
        BinaryPrimitives.WriteInt64LittleEndian(to[13..], Offset);
        BinaryPrimitives.WriteInt64LittleEndian(to[21..], StdoutBefore);
        BinaryPrimitives.WriteInt64LittleEndian(to[29..], UnixMicroseconds);
    }

    public static OutputRecord Read(ReadOnlySpan<byte> from)
    {
        var word = BinaryPrimitives.ReadUInt32LittleEndian(from);
        var count = (byte)((word >> LengthBits) & 3);
        var third = count == 3 ? (byte)(0x80 | (from[4] >> 2)) : (byte)0;
        return new OutputRecord(
            Length: (int)(word & LengthMask),
            Stream: (byte)(from[4] & 3),
            Seq: BinaryPrimitives.ReadInt64LittleEndian(from[5..]),
            Offset: BinaryPrimitives.ReadInt64LittleEndian(from[13..]),
            StdoutBefore: BinaryPrimitives.ReadInt64LittleEndian(from[21..]),
            UnixMicroseconds: BinaryPrimitives.ReadInt64LittleEndian(from[29..]),
            Before: new PartialCharacter(count, (byte)(word >> 16), (byte)(word >> 24), third));
    }
}
