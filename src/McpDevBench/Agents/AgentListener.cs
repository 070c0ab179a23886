using McpDevBench.AgentProtocol;

namespace McpDevBench.Agents;

/// <summary>Messages that an agent sends unasked. Called on the stream's read loop: copy, do not wait.</summary>
internal abstract class AgentListener
{
    /// <summary>A stream is up; the agent holds back each listed exec until it is acknowledged.</summary>
    /// <exception cref="ProtocolException">The agent lists what this server never started in its container.</exception>
    public abstract void Connected(AgentLink link, Welcome welcome);

    /// <returns>False: it brings nothing new.</returns>
    /// <exception cref="ProtocolException">The chunk does not fit to what came before, or the command is not that agent's.</exception>
    public abstract bool Output(AgentLink link, in ExecOutput header, ReadOnlySpan<byte> content);

    /// <returns>False: it brings nothing new.</returns>
    /// <exception cref="ProtocolException">Output before it is missing, or the command is not that agent's.</exception>
    public abstract bool InBackground(AgentLink link, ExecBackground background);

    /// <returns>False: it brings nothing new.</returns>
    /// <exception cref="ProtocolException">Output before it is missing, or the command is not that agent's.</exception>
    public abstract bool Exited(AgentLink link, ExecExited exit);

    /// <summary>The container is gone, and with it every process.</summary>
    public abstract void Lost(ContainerId container);
}
