namespace McpDevBench.Mcp;

/// <summary>A call that was not done in its time, as an error, where nothing nearer to the cause has reported more.</summary>
internal static class Timeouts
{
    public static RefusalException Of(string name, bool isReadOnly, CallDeadline deadline, Exception inner) => new(
        RefusalCode.Timeout,
        Words.Invariant(
            $"{name} did not finish within {deadline.Timeout.TotalSeconds:0} s.{(isReadOnly ? "" : " What it had begun may be done.")}"),
        isReadOnly
            ? "Call again, or ask for less at once; system_status shows whether Docker and the workspaces answer."
            : "Look first what was done (list_containers, list_execs, fs_stat); then call again.",
        retryable: true, inner);
}
