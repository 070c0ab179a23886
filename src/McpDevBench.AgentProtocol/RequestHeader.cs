namespace McpDevBench.AgentProtocol;

/// <summary>The beginning of every <see cref="FrameKind.Request"/>; the opcode's request message follows.</summary>
/// <param name="ExpiresAt">
/// Since version 2: milliseconds on the agent's clock (<see cref="Welcome"/>, <see cref="FrameKind.Pong"/>) after which the agent neither
/// begins the request nor completes a change, because its caller has had a timeout by then. 0: never.
/// </param>
public readonly record struct RequestHeader(Opcode Opcode, long ExpiresAt)
{
    public MessageWriter Write(MessageWriter to)
    {
        to.Byte((byte)Opcode);
        return to.Version >= 2 ? to.Int64(ExpiresAt) : to;
    }

    public static RequestHeader Read(ref MessageReader from) => new((Opcode)from.Byte(), from.Version >= 2 ? from.Int64() : 0);
}
