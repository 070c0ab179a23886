using System.ComponentModel;
using McpDevBench.Audit;
using McpDevBench.Containers;
using McpDevBench.Observability;

namespace McpDevBench.Mcp;

internal sealed record SpawnArguments(
    string? Image = null,
    [Description("Your own name for it.")] string? Alias = null,
    [Description("Kept files come back with the same alias.")] bool Persistent = false,
    [Description("Removed after this.")][Between(1, 31_536_000)] int? TtlS = null,
    [Description("Removed after this without use.")][Between(1, 31_536_000)] int? IdleTtlS = null,
    Dictionary<string, string>? Env = null,
    [Between(16, 1_048_576)] int? MemoryMb = null,
    [Between(0, 1024)] double? Cpus = null,
    [Description("none by default.")][OneOf("none", "bridge")] string? Network = null,
    Dictionary<string, string>? Labels = null,
    [Description("Once per key.")] string? IdempotencyKey = null,
    [Description("Only ask policy.")] bool DryRun = false);

internal sealed record LimitsResult(int MemoryMb, double Cpus, int Pids);

internal sealed record SpawnResult(
    string Status, string Image, LimitsResult Limits, string Network, string? ContainerId = null, string? Alias = null, string? Digest = null,
    string? Workspace = null, bool? Warm = null, bool? Replayed = null, string? ExpiresAt = null,
    [Unlisted] bool? Allowed = null, [Unlisted] string? Reason = null, [Unlisted] string? Nearest = null, [Unlisted] bool? ImagePresent = null);

internal sealed class SpawnTool(ContainerService containers)
    : TypedTool<SpawnArguments, SpawnResult>(Facts, McpJson.Default.SpawnArguments, McpJson.Default.SpawnResult), ITool
{
    public static ToolFacts Facts { get; } = new("spawn", "Create a workspace",
        "Creates an isolated Linux workspace and answers with its container_id, which exec and the fs_ tools take. Call it once per task, and kill at the end.",
        ReadOnly: false, Destructive: false, Idempotent: false, OpenWorld: true, AuditEvents.ContainerSpawn);

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
        Func<SpawnPhase, string, ValueTask>? onProgress = call.IsWatched
            ? (phase, text) => call.ReportAsync((int)phase + 1, 5, $"{Words.Snake(phase)}: {text}", cancellationToken)
            : null;
        return Done(await containers.SpawnAsync(call.Owner, request, onProgress, cancellationToken));
    }

    protected override string Render(SpawnResult result) => result.ContainerId is null
        ? $"{(result.Allowed == true ? "Would be done" : "Would be refused")}: {result.Reason}{(result.Nearest is null ? "" : $" Nearest allowed choice: {result.Nearest}.")}"
        : $"Workspace {result.ContainerId}{(result.Alias is null ? "" : $" (alias {result.Alias})")} is {result.Status}: image {result.Image}, files in {result.Workspace}, network {result.Network}, "
            + Words.Invariant($"{result.Limits.MemoryMb} MiB, {result.Limits.Cpus} CPUs, expires {result.ExpiresAt ?? "never"}.");

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
    [Description("Id or alias.")] string Target,
    string? ClientName = null,
    [Unlisted] string? SessionId = null);

internal sealed record AttachResult(string ContainerId, IReadOnlyList<string> Roots, string Status, int RunningExecs, string? Alias = null);

internal sealed class AttachTool(ContainerService containers)
    : TypedTool<AttachArguments, AttachResult>(Facts, McpJson.Default.AttachArguments, McpJson.Default.AttachResult), ITool
{
    public static ToolFacts Facts { get; } = new("attach", "Attach to a workspace",
        "Comes back to a workspace made before, and says what runs in it.",
        ReadOnly: false, Destructive: false, Idempotent: true, OpenWorld: false, AuditEvents.ContainerAttach);

    protected override string? TargetOf(AttachArguments arguments) => arguments.Target;

    protected override async Task<AttachResult> CallAsync(AttachArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        CallFacts.Current?.SessionId = arguments.SessionId;
        CallFacts.Current?.ClientName ??= arguments.ClientName;
        var (workspace, running) = await containers.AttachAsync(call.Owner, arguments.Target, arguments.ClientName ?? call.ClientName, arguments.SessionId, cancellationToken);
        return new(workspace.Id.ToString(), [$"workspace:{workspace.Id}"], Words.Snake(workspace.Status), running, workspace.Alias);
    }

    protected override string Render(AttachResult result) =>
        Words.Invariant($"Attached to {result.ContainerId}{(result.Alias is null ? "" : $" (alias {result.Alias})")}: {result.Status}, {result.RunningExecs} running commands. Files are in /workspace.");
}

internal sealed record KillArguments(
    string ContainerId,
    [Description("KILL without TERM.")] bool Force = false,
    bool KeepWorkspace = false);

internal sealed record KillResult(string ContainerId, string Status, string Volume);

internal sealed class KillTool(ContainerService containers)
    : TypedTool<KillArguments, KillResult>(Facts, McpJson.Default.KillArguments, McpJson.Default.KillResult), ITool
{
    public static ToolFacts Facts { get; } = new("kill", "Remove a workspace",
        "Ends everything in a workspace and removes it with its files. Call it when the task is done.",
        ReadOnly: false, Destructive: true, Idempotent: true, OpenWorld: false, AuditEvents.ContainerKill, Ends: true);

    protected override async Task<KillResult> CallAsync(KillArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var (workspace, status, volume) = await containers.KillAsync(call.Owner, arguments.ContainerId, arguments.Force, arguments.KeepWorkspace, cancellationToken);
        return new(workspace.Id.ToString(), status, volume);
    }

    protected override string Render(KillResult result) => $"{result.ContainerId} is {result.Status}; its files are {result.Volume}.";
}

internal sealed record ListContainersArguments(
    bool IncludeStopped = false,
    [Description("name or name=value.")] string? Label = null,
    string? Cursor = null);

internal sealed record ListedWorkspace(
    string ContainerId, string Image, string Status, bool Persistent, string CreatedAt, string LastUsedAt, int RunningExecs, string? Alias = null, string? ExpiresAt = null);

internal sealed record ListContainersResult(IReadOnlyList<ListedWorkspace> Containers, string? NextCursor = null);

internal sealed class ListContainersTool(ContainerService containers)
    : TypedTool<ListContainersArguments, ListContainersResult>(Facts, McpJson.Default.ListContainersArguments, McpJson.Default.ListContainersResult), ITool
{
    public static ToolFacts Facts { get; } = ToolFacts.Reads("list_containers", "List workspaces",
        "Lists your workspaces, to find the id of one made before.");

    protected override Task<ListContainersResult> CallAsync(ListContainersArguments arguments, ToolCall call, CancellationToken cancellationToken)
    {
        var page = containers.List(call.Owner, arguments.IncludeStopped, arguments.Label, arguments.Cursor);
        var listed = page.Containers.Select(found => (found.Workspace, found.RunningExecs)).Select(found => new ListedWorkspace(
            found.Workspace.Id.ToString(), found.Workspace.Image, Words.Snake(found.Workspace.Status), found.Workspace.Persistent,
            Words.Time(found.Workspace.CreatedAt), Words.Time(found.Workspace.LastUsedAt), found.RunningExecs, found.Workspace.Alias, Words.Time(found.Workspace.ExpiresAt)));
        return Task.FromResult(new ListContainersResult([.. listed], page.NextCursor));
    }

    protected override string Render(ListContainersResult result) => result.Containers.Count == 0
        ? "No workspaces. Call spawn to create one."
        : string.Join('\n', result.Containers.Select(found => Words.Invariant($"{found.ContainerId} {found.Alias ?? "-"} {found.Image} {found.Status} running_execs={found.RunningExecs} expires={found.ExpiresAt ?? "never"}")))
            + Words.More(result.NextCursor);
}
