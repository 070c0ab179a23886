using System.Text.Json;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>A call that was not done in its time, as an error, where nothing nearer to the cause has reported more.</summary>
internal static class Timeouts
{
    /// <summary>Two have a deadline of their own, one step further in; the third is a stream that stays open.</summary>
    private static readonly string[] _others = [RequestMethods.ToolsCall, RequestMethods.ResourcesRead, "subscriptions/listen"];

    /// <summary>The deadline of any request that has no other; null for one that has.</summary>
    public static CallDeadline? Begin(string method, TimeProvider time, CancellationToken cancellationToken) =>
        _others.Contains(method) ? null : CallDeadline.Begin(time, CallDeadline.DefaultTimeout, cancellationToken);

    /// <summary>Whether a tool call changes nothing: by the tool's nature, or because it only asks what would be done.</summary>
    public static bool IsRead(RequestContext<CallToolRequestParams> request, Tool? tool) =>
        tool?.Annotations?.ReadOnlyHint != false
        || (request.Params?.Arguments?.TryGetValue("dry_run", out var dryRun) is true && dryRun.ValueKind == JsonValueKind.True);

    public static RequestException Of(string name, bool isReadOnly, CallDeadline deadline, Exception inner) => new(
        ErrorCode.Timeout,
        Words.Invariant(
            $"{name} did not finish within {deadline.Timeout.TotalSeconds:0} s.{(isReadOnly ? "" : " What it had begun may be done.")}"),
        isReadOnly
            ? "Call again, or ask for less at once; system_status shows whether Docker and the workspaces answer."
            : "Look first what was done (list_containers, list_execs, fs_stat); then call again.",
        retryable: true, inner);
}
