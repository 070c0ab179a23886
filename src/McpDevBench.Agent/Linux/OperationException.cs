using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Linux;

/// <summary>A request that cannot be done, in words that its caller will read.</summary>
internal sealed class OperationException(AgentStatus status, string message) : Exception(message)
{
    public AgentStatus Status { get; } = status;

    /// <summary>Whatever went wrong in a worker is an answer to its request, and never the agent's end.</summary>
    public static OperationException From(Exception error) => error switch
    {
        OperationException failure => failure,
        OutOfMemoryException
            => new OperationException(AgentStatus.Exhausted, "the agent's memory is used up by requests under way; try again"),
        _ => new OperationException(AgentStatus.Failed, $"unexpected {error.GetType().Name}: {error.Message}"),
    };
}
