using McpDevBench.Workspaces;

namespace McpDevBench.Execs;

/// <summary>
/// Limits the output of commands that have not ended, or of which processes run in the background: it cannot be removed yet, so beyond the
/// limit no further command is started.
/// </summary>
internal sealed class OutputLimit(ExecOptions options, ExecSupervisor supervisor)
{
    /// <exception cref="RequestException">resource_exhausted.</exception>
    public void Require(WorkspaceId id)
    {
        var sizes = supervisor.Active.GroupBy(active => active.Exec.ContainerId)
            .ToDictionary(commands => commands.Key, commands => commands.Sum(active => active.Log.SizeOnDisk));
        if (!sizes.TryGetValue(id, out var size))
            return;
        if (size > options.MaxWorkspaceOutputBytes)
            throw Exhausted($"more than {options.MaxWorkspaceOutputBytes >> 20} MiB (MCP_WORKSPACE_OUTPUT_MB)");
        // Those that hold little go on beside one that holds much.
        if (sizes.Values.Sum() > options.MaxTotalOutputBytes && size > options.MaxTotalOutputBytes / sizes.Count)
            throw Exhausted(
                $"{size >> 20} MiB, and those of all workspaces more than {options.MaxTotalOutputBytes >> 20} MiB (MCP_TOTAL_OUTPUT_MB)");
    }

    private static RequestException Exhausted(string howMuch) => new(
        ErrorCode.ResourceExhausted,
        $"The workspace's commands that still run, or have left processes in the background, printed {howMuch}.",
        "Call list_execs to see them, and exec_cancel to end those that are not needed; then call again. Send what a long-running program "
            + "prints to a file.",
        retryable: true) { Rule = "output" };
}
