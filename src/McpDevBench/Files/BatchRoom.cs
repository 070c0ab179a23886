using McpDevBench.AgentProtocol;

namespace McpDevBench.Files;

/// <summary>Which batches may run in a workspace that is beyond its disk limit.</summary>
internal static class BatchRoom
{
    /// <summary>Whether every step frees something, or takes nothing; what a step frees counts for no other.</summary>
    /// <param name="sizeOf">The size of a file in bytes; 0 if there is none.</param>
    public static async Task<bool> IsNotNeededAsync(BatchRequest batch, Func<WorkspacePath, Task<long>> sizeOf)
    {
        foreach (var step in batch.Steps)
        {
            if (await GrowsAsync(step, sizeOf))
                return false;
        }
        return true;
    }

    private static async Task<bool> GrowsAsync(BatchStep step, Func<WorkspacePath, Task<long>> sizeOf) => step.Verb switch
    {
        BatchVerb.Read or BatchVerb.Delete or BatchVerb.Move => false,
        BatchVerb.Edit => step.Edits.Any(edit => edit.NewText.Length >= edit.OldText.Length),
        BatchVerb.Write => step.ContentLength > 0
            && (long)step.ContentLength >= await sizeOf(WorkspacePath.Parse(WorkspacePath.TextOf(step.Path))),
        _ => true,
    };
}
