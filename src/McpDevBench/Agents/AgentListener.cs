using McpDevBench.AgentProtocol;

namespace McpDevBench.Agents;

/// <summary>What an agent says of its own accord. Called on the stream's read loop: copy, do not wait.</summary>
internal abstract class AgentListener
{
    /// <summary>A stream is up; the agent holds back each listed exec until it is acknowledged.</summary>
    public abstract void Connected(AgentLink link, Welcome welcome);

    /// <exception cref="ProtocolException">The chunk does not fit to what came before.</exception>
    public abstract void Output(AgentLink link, in ExecOutput header, ReadOnlySpan<byte> content);

    /// <exception cref="ProtocolException">Output before it is missing.</exception>
    public abstract void InBackground(AgentLink link, ExecBackground background);

    public abstract void Exited(AgentLink link, ExecExited exit);

    /// <summary>The container is gone, and with it every process.</summary>
    public abstract void Lost(string dockerId);
}
