using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Containers;
using McpDevBench.Execs;
using McpDevBench.Observability;

namespace McpDevBench.Mcp;

internal sealed record SpawnArguments(
    [Description("Image name, such as python:3.12-slim.")] string? Image = null,
    [Description("Your name for the workspace; other tools accept it as container_id.")] string? Alias = null,
    [Description("Keep the files; spawning with the same alias restores them.")] bool Persistent = false,
    [Description("Seconds until the workspace is removed.")][Between(SpawnPlan.MinTimeToLive, SpawnPlan.MaxTimeToLive)] int? TtlS = null,
    [Description("Seconds without use until the workspace is removed.")]
    [Between(SpawnPlan.MinTimeToLive, SpawnPlan.MaxTimeToLive)] int? IdleTtlS = null,
    [Description("Environment variables of every command.")][SuchAs("LANG")] Dictionary<string, string>? Env = null,
    [Description("Memory limit in MiB.")] int? MemoryMb = null,
    [Description("CPU limit.")] double? Cpus = null,
    [Description("bridge: a network, where policy allows it.")][OneOf("none", "bridge")] string? Network = null,
    [Description("Labels to find the workspace by.")][SuchAs("project")] Dictionary<string, string>? Labels = null,
    [Description("Calls with the same key return the first result.")] string? IdempotencyKey = null,
    [Description("Check against policy without creating anything.")] bool DryRun = false);

internal sealed record LimitsResult(int MemoryMb, double Cpus, int Pids);

internal sealed record SpawnResult(
    string Status, string Image, LimitsResult Limits, string Network, string? ContainerId = null, string? Alias = null, string? Digest = null,
    string? Workspace = null, bool? Warm = null, bool? Replayed = null, string? ExpiresAt = null, bool? Resumed = null,
    int? RestoredFiles = null,
    bool? Allowed = null, string? Reason = null, string? Nearest = null, bool? ImagePresent = null);

internal sealed class SpawnTool(ContainerService containers, ContainerOptions options, TimeProvider time)
    : TypedTool<SpawnArguments, SpawnResult>(Facts, McpJson.Default.SpawnArguments, McpJson.Default.SpawnResult, Limits(options)), ITool
{
    public static ToolFacts Facts { get; } = new("spawn", "Create a workspace",
        "Creates an isolated Linux workspace and returns its container_id, which exec and the fs_ tools take. "
            + "Call it once per task, and kill at the end.",
        ReadOnly: false, Destructive: false, Idempotent: false, OpenWorld: true,
        AuditEvents.ContainerSpawn) { Timeout = TimeSpan.FromSeconds(50) };

    protected override string? TargetOf(SpawnArguments arguments) => Words.Rehearsal(arguments.DryRun, arguments.Alias);

    protected override async Task<SpawnResult> CallAsync(SpawnArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var request = new SpawnRequest
        {
            Image = arguments.Image,
            Alias = arguments.Alias,
            Persistent = arguments.Persistent,
            TimeToLiveSeconds = arguments.TtlS,
            IdleTimeToLiveSeconds = arguments.IdleTtlS,
            Env = arguments.Env ?? [],
            MemoryMb = arguments.MemoryMb,
            Cpus = arguments.Cpus,
            Network = arguments.Network,
            Labels = arguments.Labels ?? [],
            IdempotencyKey = arguments.IdempotencyKey,
        };
        // As it was asked for, until it is known which one that is.
        if (arguments.DryRun)
            return Decided(await containers.DecideAsync(call.Owner, request, cancellationToken));
        await using var progress = call.BeginProgress(time, cancellationToken);
        return Done(await containers.SpawnAsync(call.Owner, request, progress is null ? null : Report, cancellationToken));

        void Report(SpawnPhase phase, string text, double fraction) =>
            progress.Report((int)phase + fraction, Enum.GetValues<SpawnPhase>().Length, text);
    }

    private static ArgumentLimits Limits(ContainerOptions options)
    {
        var limits = new ArgumentLimits()
            .Default("image", options.DefaultImage)
            .Between("memory_mb", SpawnPlan.MinMemoryMb, options.MostLimits.MemoryMb, "MCP_MAX_MEMORY_MB")
            .Default("memory_mb", options.Limits.MemoryMb)
            .Between("cpus", (decimal)SpawnPlan.MinCpus, (decimal)options.MostLimits.Cpus, "MCP_MAX_CPUS")
            .Default("cpus", options.Limits.Cpus)
            .Default("network", "none").Allowed("network", options.AllowNetwork ? ["none", "bridge"] : ["none"]);
        return options.DefaultTimeToLive is { } ttl ? limits.Default("ttl_s", (int)ttl.TotalSeconds) : limits;
    }

    protected override string Render(SpawnResult result) => result.ContainerId is null
        ? $"{(result.Allowed == true ? "Would be done" : "Would be refused")}: {result.Reason}{(result.Nearest is null ? "" : $" Nearest allowed choice: {result.Nearest}.")}"
        : $"Workspace {result.ContainerId}{(result.Alias is null ? "" : $" (alias {result.Alias})")} is {result.Status}: image {result.Image}, files in {result.Workspace}, network {result.Network}, "
            + Words.Invariant($"{result.Limits.MemoryMb} MiB, {result.Limits.Cpus} {(result.Limits.Cpus == 1 ? "CPU" : "CPUs")}, ")
            + $"expires {result.ExpiresAt ?? "never"}.{Restored(result)}";

    private static string Restored(SpawnResult result) => result.RestoredFiles switch
    {
        null => "",
        >= ContainerService.MaxCountedFiles =>
            Words.Invariant($" Restored more than {ContainerService.MaxCountedFiles} kept files; the workspace is persistent."),
        1 => " Restored 1 kept file; the workspace is persistent.",
        { } files => Words.Invariant($" Restored {files} kept files; the workspace is persistent."),
    };

    private static SpawnResult Done(Spawned spawned)
    {
        var (workspace, limits) = (spawned.Workspace, spawned.Workspace.Limits);
        return new(Words.Snake(workspace.Status), workspace.Image, new(limits.MemoryMb, limits.Cpus, limits.Pids), workspace.Network)
        {
            ContainerId = workspace.Id.ToString(),
            Alias = workspace.Alias,
            Digest = workspace.Digest,
            Workspace = "/workspace",
            Warm = spawned.Warm,
            Replayed = spawned.Replayed ? true : null,
            ExpiresAt = Words.Time(workspace.ExpiresAt),
            Resumed = ResumeNote.Flag,
            RestoredFiles = spawned.RestoredFiles,
        };
    }

    private static SpawnResult Decided(SpawnDecision decision) =>
        new("dry_run", decision.Image, new(decision.Limits.MemoryMb, decision.Limits.Cpus, decision.Limits.Pids), decision.Network)
        {
            Allowed = decision.Allowed,
            Reason = decision.Reason,
            Nearest = decision.Nearest,
            ImagePresent = decision.Present,
        };
}

internal sealed record AttachArguments(
    [Description("Workspace id or alias.")] string Target,
    [Description("Recorded with the call.")] string? ClientName = null,
    [Description("Recorded with the call.")] string? SessionId = null);

/// <param name="Command">On one line, cut with a mark where it is long.</param>
internal sealed record AttachedExec(string ExecId, string Command, string StartedAt);

internal sealed record AttachResult(
    string ContainerId, IReadOnlyList<string> Roots, string Status, int RunningExecs, IReadOnlyList<AttachedExec> Execs,
    string? Alias = null, bool? Resumed = null, string? Note = null);

internal sealed class AttachTool(ContainerService containers, ExecService execs)
    : TypedTool<AttachArguments, AttachResult>(Facts, McpJson.Default.AttachArguments, McpJson.Default.AttachResult), ITool
{
    private const int MaxNamed = 20;

    public static ToolFacts Facts { get; } = new("attach", "Attach to a workspace",
        "Returns to a workspace made before, by id or alias, and reports what runs in it.",
        ReadOnly: false, Destructive: false, Idempotent: true, OpenWorld: false, AuditEvents.ContainerAttach);

    protected override string? TargetOf(AttachArguments arguments) => arguments.Target;

    protected override async Task<AttachResult> CallAsync(AttachArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        CallFacts.Current?.SessionId = arguments.SessionId;
        CallFacts.Current?.ClientName ??= arguments.ClientName;
        var (workspace, running) = await containers.AttachAsync(call.Owner, arguments.Target, arguments.ClientName ?? call.ClientName, arguments.SessionId, cancellationToken);
        var named = execs.List(call.Owner, workspace.Id.ToString(), includeFinished: false, cursor: null).Execs.Take(MaxNamed)
            .Select(exec => new AttachedExec(exec.Id.ToString(), CommandText.Of(exec.Command), Words.Time(exec.StartedAt)));
        var roots = new[] { $"workspace:{workspace.Id}" };
        return new(
            workspace.Id.ToString(), roots, Words.Snake(workspace.Status), running, [.. named], workspace.Alias, ResumeNote.Flag,
            workspace.Adoption);
    }

    protected override string Render(AttachResult result)
    {
        var alias = result.Alias is null ? "" : $" (alias {result.Alias})";
        var state = Words.Invariant($"{result.Status}, {Plural.Of(result.RunningExecs, "running command")}");
        var text = $"Attached to {result.ContainerId}{alias}: {state}. Files are in /workspace.";
        var execs = string.Concat(result.Execs.Select(exec => $"\n{exec.ExecId} since {exec.StartedAt}: {exec.Command}"));
        var more = result.RunningExecs > result.Execs.Count ? "\nlist_execs names the others." : "";
        return text + execs + more + (result.Note is null ? "" : $"\n{result.Note}");
    }
}

internal sealed record KillArguments(
    [Description("Workspace id or alias.")] string ContainerId,
    [Description("End commands with KILL at once, without TERM first.")] bool Force = false,
    [Description("Keep the files also if it is not persistent.")] bool KeepWorkspace = false,
    [Description("Delete a persistent workspace's files, or kept files.")] bool DeleteFiles = false);

internal sealed record KillResult(string ContainerId, string Status, string Volume, string? KeptAs = null);

internal sealed class KillTool(ContainerService containers)
    : TypedTool<KillArguments, KillResult>(Facts, McpJson.Default.KillArguments, McpJson.Default.KillResult), ITool
{
    public static ToolFacts Facts { get; } = new("kill", "Remove a workspace",
        "Ends every command in a workspace and removes it. A persistent workspace's files are kept unless delete_files=true.",
        ReadOnly: false, Destructive: true, Idempotent: true, OpenWorld: false, AuditEvents.ContainerKill,
        Ends: true) { Timeout = TimeSpan.FromSeconds(50) };

    protected override async Task<KillResult> CallAsync(KillArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var killed = await containers.KillAsync(
            call.Owner, arguments.ContainerId, arguments.Force, arguments.KeepWorkspace, arguments.DeleteFiles, cancellationToken);
        return new(killed.ContainerId, killed.Status, killed.Volume, killed.KeptAs);
    }

    protected override string Render(KillResult result) => $"{result.ContainerId} is {result.Status}; its files are {result.Volume}."
        + (result.KeptAs is null
            ? ""
            : $" spawn with alias={result.KeptAs} restores them; "
                + $"kill container_id={result.KeptAs} with delete_files=true deletes them.");
}

internal sealed record ListContainersArguments(
    [Description("Also list stopped workspaces.")] bool IncludeStopped = false,
    [Description("Also list kept files.")] bool IncludeKept = false,
    [Description("Only workspaces with this label: name or name=value.")] string? Label = null,
    string? Cursor = null);

internal sealed record ListedWorkspace(
    string ContainerId, string Image, string Status, bool Persistent, string CreatedAt, string LastUsedAt, int RunningExecs, string? Alias = null, string? ExpiresAt = null);

internal sealed record KeptFilesResult(string Alias, string KeptAt, string? ContainerId = null, string? Image = null);

internal sealed record ListContainersResult(
    IReadOnlyList<ListedWorkspace> Containers, string? NextCursor = null, IReadOnlyList<KeptFilesResult>? Kept = null);

internal sealed class ListContainersTool(ContainerService containers)
    : TypedTool<ListContainersArguments, ListContainersResult>(Facts, McpJson.Default.ListContainersArguments, McpJson.Default.ListContainersResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("list_containers", "List workspaces",
        "Lists your workspaces with their ids and aliases.");

    protected override Task<ListContainersResult> CallAsync(ListContainersArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var page = containers.List(call.Owner, arguments.IncludeStopped, arguments.Label, arguments.Cursor);
        var listed = page.Containers.Select(found => (found.Workspace, found.RunningExecs)).Select(found => new ListedWorkspace(
            found.Workspace.Id.ToString(), found.Workspace.Image, Words.Snake(found.Workspace.Status), found.Workspace.Persistent,
            Words.Time(found.Workspace.CreatedAt), Words.Time(found.Workspace.LastUsedAt), found.RunningExecs, found.Workspace.Alias, Words.Time(found.Workspace.ExpiresAt)));
        // With the first page alone.
        var kept = arguments is { IncludeKept: true, Cursor: null }
            ? containers.Kept(call.Owner)
                .Select(files => new KeptFilesResult(files.Alias, Words.Time(files.KeptAt), files.ContainerId, files.Image))
                .ToList()
            : null;
        return Task.FromResult(new ListContainersResult([.. listed], page.NextCursor, kept));
    }

    protected override string Render(ListContainersResult result) => Workspaces(result) + string.Concat((result.Kept ?? []).Select(files =>
        $"\nkept files of {files.Alias} (image {files.Image ?? "unknown"}, since {files.KeptAt}): "
            + $"spawn with alias={files.Alias} restores them, kill with delete_files=true deletes them"));

    private static string Workspaces(ListContainersResult result) => result.Containers.Count == 0
        ? "No workspaces. Call spawn to create one."
        : string.Join('\n', result.Containers.Select(found => Words.Invariant($"{found.ContainerId} {found.Alias ?? "-"} {found.Image} {found.Status} running_execs={found.RunningExecs} expires={found.ExpiresAt ?? "never"}")))
            + Words.More(result.NextCursor);
}
