namespace McpDevBench.AgentProtocol;

/// <summary>The peer sent something that the protocol does not allow. The stream it came on is not to be trusted any further.</summary>
public sealed class ProtocolException(string message) : Exception(message);
