namespace McpDevBench.Execs;

/// <summary>Forgets commands, and removes what they printed, when their time of being readable is over.</summary>
internal sealed class ExecJanitor(ExecOptions options, ExecStore store, OutputFolder folder, TimeProvider time)
{
    /// <returns>How many were forgotten.</returns>
    public int Run()
    {
        var expired = store.EndedBefore(time.GetUtcNow() - options.Retention);
        foreach (var id in expired)
        {
            folder.Delete(id);
            store.Delete(id);
        }
        return expired.Count;
    }
}
