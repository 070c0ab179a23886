namespace McpDevBench.AgentProtocol;

/// <summary>The limits that both sides of the stream hold each other to. Exceeding one is a protocol error.</summary>
public static class Protocol
{
    /// <summary>
    /// The newest version, raised when a frame or message changes. The layout of an older version never changes: fields of a newer one are
    /// written and read only if <see cref="MessageWriter.Version"/> and <see cref="MessageReader.Version"/> allow it.
    /// </summary>
    public const ushort Version = 3;

    /// <summary>The oldest version that is still spoken: agents of that version live in workspaces that an older server started.</summary>
    public const ushort MinVersion = 1;

    /// <summary>
    /// The version of the handshake messages themselves, <see cref="Hello"/> and the beginning of <see cref="Welcome"/>, which every
    /// version shares.
    /// </summary>
    public const ushort HandshakeVersion = 1;

    /// <summary>Largest payload of any frame, in bytes.</summary>
    public const int MaxPayload = 1 << 20;

    /// <summary>
    /// Largest payload of a <see cref="FrameKind.Data"/> or <see cref="FrameKind.ExecOutput"/> frame's content, in bytes.
    /// </summary>
    public const int MaxData = 32 << 10;

    /// <summary>
    /// Bytes of <see cref="FrameKind.Data"/> a sender may have under way on one channel before it needs <see cref="FrameKind.Credit"/>.
    /// </summary>
    public const int InitialCredit = 256 << 10;

    /// <summary>Output of one exec, in bytes, that the agent keeps unacknowledged; beyond it the process blocks on its pipe.</summary>
    public const int ExecWindow = 256 << 10;

    /// <summary>Bytes of standard input that the agent queues for one exec.</summary>
    public const int StdinWindow = 256 << 10;

    /// <summary>Execs that an agent remembers at most, and may list in its <see cref="Welcome"/>.</summary>
    public const int MaxExecs = 512;

    /// <summary>Longest path, in bytes, below the workspace.</summary>
    public const int MaxPath = 4095;

    /// <summary>Channel of frames that belong to no request.</summary>
    public const uint NoChannel = 0;
}
