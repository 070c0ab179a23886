namespace McpDevBench.Execs;

/// <summary>How far an output was read: every piece up to <paramref name="Seq"/>, and the first bytes of the next one.</summary>
/// <param name="Bytes">More than 0 only where a piece was larger than an answer may be.</param>
internal readonly record struct OutputPosition(long Seq, int Bytes = 0)
{
    /// <summary>
    /// Clients see one number: the piece, or above this unit the bytes and the piece that they belong to. Every value is below 2^53, which
    /// JSON numbers keep exactly.
    /// </summary>
    private const long Unit = 1_000_000_000_000;

    public static OutputPosition Of(long number) =>
        number < Unit ? new(number) : new((number % Unit) - 1, (int)Math.Min(number / Unit, int.MaxValue));

    public long ToNumber() => Bytes == 0 ? Seq : (Bytes * Unit) + Seq + 1;

    /// <summary>Whether no output of this log can be there yet.</summary>
    public bool IsBeyond(OutputLog log) => Bytes > OutputRecord.MaxLength || (Bytes == 0 ? Seq : Seq + 1) >= log.NextSeq;

    /// <summary>Whether what ends at this byte of this piece comes after the position.</summary>
    public bool IsBefore(long seq, int endByte) => Bytes == 0 ? seq > Seq : seq > Seq + 1 || (seq == Seq + 1 && endByte > Bytes);
}
