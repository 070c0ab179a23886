using McpDevBench.Agent.Linux;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Runtime;

/// <summary>
/// Keeps the managed heap below its limit: reaching it would not fail one request but end the agent.
/// </summary>
internal static class Heap
{
    private const long Comfortable = 18 << 20;

    /// <summary>Before something large is begun.</summary>
    public static void RequireRoom()
    {
        if (GC.GetTotalMemory(forceFullCollection: false) <= Comfortable)
            return;
        GC.Collect();
        if (GC.GetTotalMemory(forceFullCollection: false) > Comfortable)
            throw new OperationException(AgentStatus.Exhausted, "the agent's memory is taken up by requests under way; try again");
    }
}
