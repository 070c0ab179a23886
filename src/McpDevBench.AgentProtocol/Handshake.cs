namespace McpDevBench.AgentProtocol;

/// <summary>
/// The first bytes in each direction, which also resynchronise a stream whose predecessor was cut in the middle of a frame.
/// </summary>
/// <remarks>
/// <para>Server to agent: <see cref="ServerMagic"/> (8 bytes), secret (32), nonce (32). Agent to server: <see cref="AgentMagic"/> (8), the
/// same nonce (32). Frames follow.</para>
/// <para>The agent takes the secret of the first handshake of its life, which happens before any workload exists. Afterwards it looks for
/// magic and secret at every position of the stream, so a new server can start over at any moment, and no one without the secret can speak
/// to it. The server skips everything up to its fresh, random nonce.</para>
/// </remarks>
public static class Handshake
{
    public const int MagicLength = 8;
    public const int SecretLength = 32;
    public const int NonceLength = 32;

    /// <summary>Bytes of the server's opening: magic, secret, nonce.</summary>
    public const int ServerLength = MagicLength + SecretLength + NonceLength;

    /// <summary>Bytes of the agent's answer: magic, nonce.</summary>
    public const int AgentLength = MagicLength + NonceLength;

    public static ReadOnlySpan<byte> ServerMagic => "\u0002MDBsrv1"u8;

    public static ReadOnlySpan<byte> AgentMagic => "\u0002MDBagt1"u8;
}
