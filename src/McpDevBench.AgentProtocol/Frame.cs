using System.Buffers.Binary;

namespace McpDevBench.AgentProtocol;

/// <summary>What a frame is. S→A: from server to agent; A→S: the other way.</summary>
public enum FrameKind : byte
{
    /// <summary>S→A, first after the handshake: <see cref="AgentProtocol.Hello"/>.</summary>
    Hello = 1,

    /// <summary>A→S, answer to Hello: <see cref="AgentProtocol.Welcome"/>.</summary>
    Welcome = 2,

    /// <summary>S→A: <see cref="RequestHeader"/>, then the opcode's request message. Opens the channel.</summary>
    Request = 3,

    /// <summary>
    /// A→S: a byte <see cref="AgentStatus"/>, then the opcode's response message (Ok), or the error's text (anything else). Sent once a
    /// request; ends the channel.
    /// </summary>
    Response = 4,

    /// <summary>Either way: up to <see cref="Protocol.MaxData"/> bytes of the channel's content, within the credit.</summary>
    Data = 5,

    /// <summary>
    /// Either way: the channel's content is complete. No payload, but since version 2 from the server: i64, a new
    /// <see cref="RequestHeader.ExpiresAt"/>.
    /// </summary>
    DataEnd = 6,

    /// <summary>Either way: a u32, that many more bytes of Data may be sent on the channel.</summary>
    Credit = 7,

    /// <summary>
    /// S→A: give the channel's request up. Its Response still follows (usually <see cref="AgentStatus.Cancelled"/>). No payload.
    /// </summary>
    Cancel = 8,

    /// <summary>A→S: <see cref="ExecOutput"/> header, then the bytes.</summary>
    ExecOutput = 9,

    /// <summary>
    /// A→S: <see cref="AgentProtocol.ExecExited"/>; comes after the last ExecOutput and is repeated on reconnect until acknowledged.
    /// </summary>
    ExecExited = 10,

    /// <summary>S→A: <see cref="AgentProtocol.ExecAck"/>.</summary>
    ExecAck = 11,

    /// <summary>S→A: any payload up to 64 bytes.</summary>
    Ping = 12,

    /// <summary>A→S: Ping's payload. Since version 2, i64 before it: milliseconds on the agent's clock.</summary>
    Pong = 13,

    /// <summary>A→S, version 2: <see cref="AgentProtocol.ExecBackground"/>.</summary>
    ExecBackground = 14,
}

/// <summary>Twelve bytes, little-endian: u32 payload length, u8 kind, three zero bytes, u32 channel.</summary>
public readonly record struct FrameHeader(FrameKind Kind, uint Channel, int Length)
{
    public const int Size = 12;

    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)Length);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], (byte)Kind);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Channel);
    }

    /// <exception cref="ProtocolException">The length is over <see cref="Protocol.MaxPayload"/>, or the kind unknown.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> source)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(source);
        var kind = BinaryPrimitives.ReadUInt32LittleEndian(source[4..]);
        if (length > Protocol.MaxPayload)
            throw new ProtocolException($"frame of {length} bytes, at most {Protocol.MaxPayload} are allowed");
        if (kind is < (uint)FrameKind.Hello or > (uint)FrameKind.ExecBackground)
            throw new ProtocolException($"unknown frame kind {kind}");
        return new FrameHeader((FrameKind)kind, BinaryPrimitives.ReadUInt32LittleEndian(source[8..]), (int)length);
    }
}
