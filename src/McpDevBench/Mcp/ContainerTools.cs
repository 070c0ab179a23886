using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Workspaces;
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
    [OneOf("none", "bridge")] string? Network = null,
    [Description("Labels to find the workspace by.")][SuchAs("project")] Dictionary<string, string>? Labels = null,
    [Description("Calls with the same key return the first result.")] string? IdempotencyKey = null,
    [Description("Check against policy without creating anything.")] bool DryRun = false);

internal sealed record LimitsResult(int MemoryMb, double Cpus, int Pids);

internal sealed record SpawnResult(
    string Status, string Image, LimitsResult Limits, string Network, string? ContainerId = null, string? Alias = null,
    string? Digest =
        null, string? Workspace = null, bool? Persistent = null, bool? Warm = null, bool? Replayed = null, string? ExpiresAt = null,
    bool? Resumed = null, IReadOnlyList<string>? Applied = null, int? RestoredFiles = null, int? RestoredHomeEntries = null,
    string? Note = null,
    bool? Allowed = null, string? Reason = null, string? Nearest = null, bool? ImagePresent = null);

internal sealed class SpawnTool(SpawnService spawns, WorkspaceOptions options, TimeProvider time)
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
        if (arguments.DryRun)
            return Decided(await spawns.DecideAsync(call.Caller, request, cancellationToken));
        await using var progress = call.BeginProgress(time, cancellationToken);
        return Done(await spawns.SpawnAsync(call.Caller, request, progress is null ? null : Report, cancellationToken));

        void Report(SpawnPhase phase, string text, double fraction) =>
            progress.Report((int)phase + fraction, Enum.GetValues<SpawnPhase>().Length, text);
    }

    private static ArgumentLimits Limits(WorkspaceOptions options)
    {
        var limits = new ArgumentLimits()
            .Default("image", options.DefaultImage)
            .Between("memory_mb", SpawnPlan.MinMemoryMb, options.MaxLimits.MemoryMb, "MCP_MAX_MEMORY_MB")
            .Default("memory_mb", options.Limits.MemoryMb)
            .Between("cpus", (decimal)SpawnPlan.MinCpus, (decimal)options.MaxLimits.Cpus, "MCP_MAX_CPUS")
            .Default("cpus", options.Limits.Cpus)
            .Default("network", "none").Allowed("network", options.AllowNetwork ? ["none", "bridge"] : ["none"]);
        return options.DefaultTimeToLive is { } ttl ? limits.Default("ttl_s", (int)ttl.TotalSeconds) : limits;
    }

    protected override string Render(SpawnResult result)
    {
        if (result.ContainerId is null)
            return RenderDecision(result);
        var alias = result.Alias is null ? "" : $" (alias {result.Alias})";
        var note = result.Note is null ? "" : $"\n{result.Note}";
        var limits = result.Limits;
        return $"Workspace {result.ContainerId}{alias} is {result.Status}: image {result.Image}, "
            + $"files in {result.Workspace} ({Kept(result.Persistent)}), network {result.Network}, "
            + Words.Invariant($"{limits.MemoryMb} MiB, {limits.Cpus} {(limits.Cpus == 1 ? "CPU" : "CPUs")}, ")
            + $"expires {result.ExpiresAt ?? "never"}.{Restored(result)}{Applied(result)}{note}";
    }

    private static string RenderDecision(SpawnResult result)
    {
        var nearest = result.Nearest is null ? "" : $" Nearest allowed choice: {result.Nearest}.";
        return $"{(result.Allowed == true ? "Would be done" : "Would be refused")}: {result.Reason}{nearest}";
    }

    internal static string Kept(bool? isPersistent) =>
        isPersistent == true
            ? $"persistent{ToolNames.Whole(": kill keeps them")}"
            : $"not persistent{ToolNames.Whole(": kill deletes them")}";

    private static string Restored(SpawnResult result)
    {
        if (result is { RestoredFiles: null, RestoredHomeEntries: null })
            return "";
        var files = Counted(result.RestoredFiles, "kept file", "kept files");
        return $" Restored {files} in /workspace and {Counted(result.RestoredHomeEntries, "entry", "entries")} in the home directory.";
    }

    private static string Counted(int? count, string one, string many) => count switch
    {
        null => $"an unknown number of {many}",
        >= WorkspaceService.MaxCountedFiles => Words.Invariant($"more than {WorkspaceService.MaxCountedFiles} {many}"),
        _ => Plural.Of(count.Value, one, many),
    };

    private static string Applied(SpawnResult result) =>
        result.Applied is null ? "" : $" It was resumed with these arguments of this call: {string.Join(", ", result.Applied)}.";

    private static SpawnResult Done(Spawned spawned)
    {
        var (workspace, limits) = (spawned.Workspace, spawned.Workspace.Limits);
        CallFacts.Current?.Target = Words.Invariant($"{workspace.Alias} uid={workspace.Uid}").TrimStart();
        return new(Words.Snake(workspace.Status), workspace.Image, new(limits.MemoryMb, limits.Cpus, limits.Pids), workspace.Network)
        {
            ContainerId = workspace.Id.ToString(),
            Alias = workspace.Alias,
            Digest = workspace.Digest,
            Workspace = ContainerPaths.Workspace,
            Persistent = workspace.Persistent,
            Warm = spawned.Warm,
            Replayed = spawned.Replayed ? true : null,
            ExpiresAt = Words.Time(workspace.ExpiresAt),
            Resumed = ResumeNote.Flag,
            Applied = spawned.Applied.Count > 0 ? spawned.Applied : null,
            RestoredFiles = spawned.Restored?.Files,
            RestoredHomeEntries = spawned.Restored?.HomeEntries,
            Note = spawned.Note,
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
    string ContainerId, IReadOnlyList<string> Roots, string Status, bool Persistent, int RunningExecs,
    IReadOnlyList<AttachedExec> Execs, string? Alias = null, bool? Resumed = null, string? Note = null);

internal sealed class AttachTool(WorkspaceService containers, ExecLookup execs)
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
        var (workspace, running) = await containers.AttachAsync(
            call.Caller, arguments.Target, arguments.ClientName ?? call.ClientName, arguments.SessionId, cancellationToken);
        // It has a field of its own here.
        CallFacts.Current?.Adoptions.Clear();
        var named = execs.List(call.Caller, workspace.Id.ToString(), includeFinished: false, cursor: null).Execs.Take(MaxNamed)
            .Select(exec => new AttachedExec(exec.Id.ToString(), CommandText.Of(exec.Command), Words.Time(exec.StartedAt)));
        var roots = new[] { $"workspace:{workspace.Id}" };
        return new(
            workspace.Id.ToString(), roots, Words.Snake(workspace.Status), workspace.Persistent, running, [.. named], workspace.Alias,
            ResumeNote.Flag, workspace.Adoption);
    }

    protected override string Render(AttachResult result)
    {
        var alias = result.Alias is null ? "" : $" (alias {result.Alias})";
        var state = $"{result.Status}, {Plural.Of(result.RunningExecs, "running command")}";
        var kept = SpawnTool.Kept(result.Persistent);
        var text = $"Attached to {result.ContainerId}{alias}: {state}. Files are in /workspace ({kept}).";
        var execs = string.Concat(result.Execs.Select(exec => $"\n{exec.ExecId} since {exec.StartedAt}: {exec.Command}"));
        var more = result.RunningExecs > result.Execs.Count ? "\nlist_execs names the others." : "";
        return text + execs + more + (result.Note is null ? "" : $"\n{result.Note}");
    }
}

internal sealed record KillArguments(
    [Description("Workspace id or alias.")] string ContainerId,
    [Description("End commands with KILL at once, without TERM first.")] bool Force = false,
    [Description("Keep the files even if not persistent.")] bool KeepWorkspace = false,
    [Description("Delete a persistent workspace's files, or kept files.")] bool DeleteFiles = false);

internal sealed record KillResult(string ContainerId, string Status, string Volume, string? KeptAs = null, string? Note = null);

internal sealed class KillTool(KillService kills, TimeProvider time)
    : TypedTool<KillArguments, KillResult>(Facts, McpJson.Default.KillArguments, McpJson.Default.KillResult), ITool
{
    public static ToolFacts Facts { get; } = new("kill", "Remove a workspace",
        "Ends every command in a workspace and removes it. A persistent workspace's files are kept unless delete_files=true.",
        ReadOnly: false, Destructive: true, Idempotent: true, OpenWorld: false, AuditEvents.ContainerKill,
        Ends: true) { Timeout = TimeSpan.FromSeconds(50) };

    protected override async Task<KillResult> CallAsync(KillArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        await using var progress = call.BeginProgress(time, cancellationToken);
        progress?.Report(0, null, $"Removing {arguments.ContainerId}");
        var killed = await kills.KillAsync(
            call.Caller, arguments.ContainerId, arguments.Force, arguments.KeepWorkspace, arguments.DeleteFiles, cancellationToken);
        return new(killed.ContainerId, killed.Status, killed.Volume, killed.KeptAs, killed.HomeAlone ? HomeAlone : null);
    }

    private const string HomeAlone =
        "Only the home directory is kept: the volume with the files of /workspace is no longer on the Docker host.";

    private static string StillRemoving() => " Its processes have not ended yet: the server keeps trying"
        + ToolNames.Whole(", and list_containers shows it until then") + ".";

    protected override string Render(KillResult result) => $"{result.ContainerId} is {result.Status}; its files are {result.Volume}."
        + (result.Note is null ? "" : $" {result.Note}")
        + (result.Status == "removing" ? StillRemoving() : "")
        + (result.KeptAs is null
            ? ""
            : ToolNames.Whole($" spawn with alias={result.KeptAs} restores them.")
                + ToolNames.Whole($" kill container_id={result.KeptAs} with delete_files=true deletes them."));
}
