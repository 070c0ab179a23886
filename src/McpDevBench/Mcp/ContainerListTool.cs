using System.ComponentModel;
using McpDevBench.Workspaces;

namespace McpDevBench.Mcp;

internal sealed record ListContainersArguments(
    [Description("Also list stopped workspaces.")] bool IncludeStopped = false,
    [Description("Also list kept files.")] bool IncludeKept = false,
    [Description("Only workspaces with this label: name or name=value.")] string? Label = null,
    string? Cursor = null);

internal sealed record ListedWorkspace(
    string ContainerId, string Image, string Status, bool Persistent, string CreatedAt, string LastUsedAt, int RunningExecs,
    string? Alias = null, string? ExpiresAt = null, bool? OverDiskLimit = null);

/// <param name="Lost">The volume with the files of /workspace is no longer on the Docker host.</param>
/// <param name="HomeLeft">The home directory is still there.</param>
internal sealed record KeptFilesResult(
    string Alias, string KeptAt, string? ContainerId = null, string? Image = null, bool? Lost = null, bool? HomeLeft = null);

/// <param name="Hint">Why there is nothing.</param>
internal sealed record ListContainersResult(
    IReadOnlyList<ListedWorkspace> Containers, string? NextCursor = null, IReadOnlyList<KeptFilesResult>? Kept = null,
    string? Note = null, string? Hint = null);

internal sealed class ListContainersTool(WorkspaceList list)
    : TypedTool<ListContainersArguments, ListContainersResult>(
        Facts, McpJson.Default.ListContainersArguments, McpJson.Default.ListContainersResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("list_containers", "List workspaces",
        "Lists your workspaces with their ids and aliases.");

    protected override async Task<ListContainersResult> CallAsync(
        ListContainersArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var page = await list.ContainersAsync(
            call.Caller, arguments.IncludeStopped, arguments.Label, arguments.Cursor, cancellationToken);
        // With the first page alone.
        var kept = arguments is { IncludeKept: true, Cursor: null }
            ? (await list.KeptAsync(call.Caller, cancellationToken)).Select(Of).ToList()
            : null;
        return new ListContainersResult(
            [.. page.Containers.Select(Of)], page.NextCursor, kept,
            NoteOf(page), page.Containers.Count == 0 ? await WhyNoneAsync(arguments, call.Caller, cancellationToken) : null);
    }

    private async Task<string> WhyNoneAsync(ListContainersArguments arguments, Caller caller, CancellationToken cancellationToken)
    {
        if (arguments.Cursor is not null)
            return "There are no workspaces after this cursor.";
        if (arguments.Label is not { } label)
            return "No workspaces. Call spawn to create one.";
        var all = (await list.ContainersAsync(caller, includeStopped: true, label: null, cursor: null, cancellationToken)).Containers;
        var labels = all.SelectMany(one => one.Workspace.Labels).SelectMany(one => new[] { one.Key, $"{one.Key}={one.Value}" });
        var nearest = Nearest.To(label, labels) is { } like ? $" Did you mean '{like}'?" : "";
        var which = arguments.IncludeStopped ? "workspace" : "running workspace";
        return $"No {which} has the label '{label}'.{nearest} "
            + $"Without label there {(all.Count == 1 ? "is" : "are")} {Plural.Of(all.Count, "workspace")}.";
    }

    protected override string Render(ListContainersResult result) =>
        Workspaces(result) + string.Concat((result.Kept ?? []).Select(Line)) + (result.Note is null ? "" : $"\n{result.Note}");

    private static string? NoteOf(WorkspacePage page)
    {
        if (!page.IsCurrent)
            return "Docker does not answer: the states are those that were known before.";
        return page.Hidden == 0
            ? null
            : $"Not listed: {Plural.Of(page.Hidden, "stopped workspace")}. include_stopped=true lists them; attach resumes one.";
    }

    private static ListedWorkspace Of(WorkspaceEntry listed)
    {
        var found = listed.Workspace;
        return new ListedWorkspace(
            found.Id.ToString(), found.Image, listed.Status, found.Persistent, Words.Time(found.CreatedAt), Words.Time(found.LastUsedAt),
            listed.RunningExecs, found.Alias, Words.Time(found.ExpiresAt), listed.IsOverDiskLimit ? true : null);
    }

    private static KeptFilesResult Of(ListedKeptFiles kept) => new(
        kept.Files.Alias, Words.Time(kept.Files.KeptAt), kept.Files.ContainerId, kept.Files.Image, kept.IsMissing ? true : null,
        kept is { IsMissing: true, HasHome: true } ? true : null);

    private static string Line(KeptFilesResult files)
    {
        var what = $"\nkept files of {files.Alias} (image {files.Image ?? "unknown"}, since {files.KeptAt}): ";
        if (files.HomeLeft == true)
            return what + "LOST, their volume is no longer on the Docker host; the home directory is left"
                + ToolNames.Whole($": spawn with alias={files.Alias} restores it, kill with delete_files=true deletes it");
        return what + (files.Lost == true
            ? "LOST, their volume is no longer on the Docker host" + ToolNames.Whole("; kill with delete_files=true removes this entry")
            : ToolNames.Offered($"spawn with alias={files.Alias} restores them; kill with delete_files=true deletes them"));
    }

    private static string Workspaces(ListContainersResult result)
    {
        if (result.Hint is { } hint)
            return hint;
        var lines = result.Containers.Select(found => Words.Invariant(
            $"{found.ContainerId} {found.Alias ?? "-"} {found.Image} {found.Status}{(found.Persistent ? " persistent" : "")} ")
            + Words.Invariant($"running_execs={found.RunningExecs} expires={found.ExpiresAt ?? "never"}")
            + (found.OverDiskLimit == true ? " OVER ITS DISK LIMIT" : ""));
        return string.Join('\n', lines) + Words.More(result.NextCursor);
    }
}
