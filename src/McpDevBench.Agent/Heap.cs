using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>Keeps the managed heap away from its limit: reaching that would not be an answer to one request but the end of the agent.</summary>
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
