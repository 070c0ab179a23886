using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Workspaces;
using McpDevBench.Files;
using McpDevBench.Observability;

namespace McpDevBench.Mcp;

internal sealed record FsCopyArguments(
    [Description("Source workspace.")] string ContainerId,
    string Path,
    [Description("Target workspace.")] string TargetContainerId,
    [Description("Default: the same path.")] string? TargetPath = null,
    [Description("Replace files; merge directories.")] bool Overwrite = false);

internal sealed record FsCopyResult(string Path, string TargetContainerId, string TargetPath, long Entries, long Bytes, string? Etag = null,
    long? Skipped = null);

internal sealed class FsCopyTool(FileCopies copies, TimeProvider time, WorkspaceDirectory workspaces)
    : TypedTool<FsCopyArguments, FsCopyResult>(Facts, McpJson.Default.FsCopyArguments, McpJson.Default.FsCopyResult), ITool
{
    public static ToolFacts Facts { get; } = new("fs_copy", "Copy between workspaces",
        "Copies a file, link or directory to another of your workspaces, all or nothing. Within one workspace use fs_batch.",
        ReadOnly: false, Destructive: true, Idempotent: false, OpenWorld: false, AuditEvents.FsCopy);

    /// <summary>With the ids of both workspaces; a handle that leads nowhere is recorded as given, if it can be one.</summary>
    protected override string? TargetOf(FsCopyArguments arguments) =>
        $"{IdOf(arguments.ContainerId)}:{arguments.Path} -> {IdOf(arguments.TargetContainerId)}:{arguments.TargetPath ?? arguments.Path}";

    protected override async Task<FsCopyResult> CallAsync(FsCopyArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        await using var progress = call.BeginProgress(time, cancellationToken);
        var request = new CopyFilesRequest(
            arguments.ContainerId, arguments.Path, arguments.TargetContainerId, arguments.TargetPath ?? arguments.Path,
                arguments.Overwrite);
        try
        {
            var copied = await copies.CopyAsync(
                call.Caller, request, bytes =>
                    progress?.Report(() => new CallProgress(bytes, null, $"{Plural.Of(bytes, "byte")} copied")), cancellationToken);
            return new(copied.Source.Path, arguments.TargetContainerId, copied.Entry.Path, copied.Entries, copied.Bytes,
                copied.Entry.Type == "file" ? copied.Entry.Etag : null,
                copied.Skipped > 0 ? copied.Skipped : null);
        }
        finally
        {
            // Whether it succeeds or not: a record for the workspace that it changes, and one for the workspace that it reads.
            if (CallFacts.Current is { } facts)
                (facts.ContainerId, facts.SourceId) = (IdOf(arguments.TargetContainerId), IdOf(arguments.ContainerId));
        }
    }

    private string? IdOf(string handle) =>
        CallFacts.Current is { } facts ? workspaces.IdOf(facts.Caller, handle)?.ToString() ?? CallFacts.Handle(handle) : null;

    protected override string Render(FsCopyResult result)
    {
        var facts = new List<string> { Plural.Of(result.Entries, "entry", "entries"), Plural.Of(result.Bytes, "byte") };
        if (result.Skipped is not null)
            facts.Add(Words.Invariant($"{result.Skipped} left out (neither file, directory nor link)"));
        if (result.Etag is not null)
            facts.Add($"etag {result.Etag}");
        return $"Copied {ShownPath.Of(result.Path)} to {ShownPath.Of(result.TargetPath)} of {result.TargetContainerId}: "
            + $"{string.Join(", ", facts)}.";
    }
}
