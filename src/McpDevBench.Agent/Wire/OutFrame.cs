using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Wire;

/// <summary>A frame that waits to be sent.</summary>
/// <param name="Rented">The pool's buffer to give back afterwards, or none.</param>
internal readonly record struct OutFrame(FrameHeader Header, ReadOnlyMemory<byte> Payload, byte[]? Rented = null)
{
    public static OutFrame Of(FrameKind kind, uint channel, ReadOnlyMemory<byte> payload)
        => new(new FrameHeader(kind, channel, payload.Length), payload);
}
