namespace McpDevBench.Workspaces;

/// <summary>All commands of a workspace at once, also those that run in the background.</summary>
internal abstract class WorkspaceCommands
{
    /// <summary>Whether any runs.</summary>
    public abstract bool Any(ContainerId container);

    /// <summary>Ends each with all of its processes.</summary>
    /// <param name="note">A sentence for the caller of each.</param>
    /// <returns>How many; null if the agent did not answer in time.</returns>
    public abstract Task<int?> EndAsync(ContainerId container, string note, TimeSpan timeout);

    /// <summary>Suspends each.</summary>
    /// <inheritdoc cref="EndAsync"/>
    public abstract Task<int?> FreezeAsync(ContainerId container, string? note, TimeSpan timeout);

    /// <summary>Lets each go on.</summary>
    public abstract Task ThawAsync(ContainerId container, TimeSpan timeout);
}
