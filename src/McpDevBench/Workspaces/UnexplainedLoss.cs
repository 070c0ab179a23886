namespace McpDevBench.Workspaces;

/// <summary>
/// Bytes that the disk has lost and that no measurement of a workspace shows: a process can hide files without a name from every look, and
/// other programs of the Docker host write too.
/// </summary>
internal sealed class UnexplainedLoss
{
    private (long Free, long Used)? _since;

    /// <param name="freeBytes">Of the disk, measured before <paramref name="usedBytes"/>.</param>
    /// <param name="usedBytes">By all workspaces, as far as it shows.</param>
    public long Update(long freeBytes, long usedBytes)
    {
        if (_since is { } since && (since.Free - freeBytes) - (usedBytes - since.Used) is var loss and > 0)
            return loss;
        _since = (freeBytes, usedBytes);
        return 0;
    }

    /// <summary>Counts from now on.</summary>
    public void Reset() => _since = null;
}
