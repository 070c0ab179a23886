namespace McpDevBench.Engine;

/// <summary>What a container is doing. In lower case, the names are Docker's.</summary>
internal enum ContainerState
{
    /// <summary>The engine has no such container, or reports a state that is not known here.</summary>
    Missing,
    Created,
    Running,
    Paused,
    Restarting,
    Removing,
    Exited,
    Dead,
}

internal static class ContainerStates
{
    public static ContainerState Parse(string? word) => Enum.TryParse<ContainerState>(word, ignoreCase: true, out var state)
        ? state
        : ContainerState.Missing;

    /// <summary>Whether its processes are there.</summary>
    public static bool IsUp(this ContainerState state) =>
        state is ContainerState.Running or ContainerState.Paused or ContainerState.Restarting;

    public static string Name(this ContainerState state) => state.ToString().ToLowerInvariant();
}
