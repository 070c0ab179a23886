using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>Where a workspace is in its life. The names in lower case are what clients and the database see.</summary>
internal enum WorkspaceStatus
{
    /// <summary>Intended: the row exists, Docker may or may not know it yet.</summary>
    Creating,
    Running,

    /// <summary>Its container has ended or is gone; the next use brings it back on its volume.</summary>
    Stopped,

    /// <summary>Its container is being made anew; the reconciler undoes it if the server dies in between.</summary>
    Resuming,

    /// <summary>Being removed; the reconciler finishes it if the server dies in between.</summary>
    Removing,
}

/// <summary>What a workspace may use.</summary>
/// <param name="MemoryMb">Memory without swap, in MiB.</param>
/// <param name="Cpus">Processors, as a fraction.</param>
/// <param name="Pids">Processes and threads.</param>
internal sealed record WorkspaceLimits(int MemoryMb, double Cpus, int Pids);

/// <summary>A workspace as the database has it. Replaced whole, never changed.</summary>
internal sealed record Workspace
{
    public required WorkspaceId Id { get; init; }

    /// <summary>What it runs in; null before that is created, and after it was removed.</summary>
    public ContainerId? Container { get; init; }

    public required string Owner { get; init; }
    public string? Alias { get; init; }
    public required string Image { get; init; }
    public string? Digest { get; init; }

    /// <summary>
    /// Docker's id of the image: what the container is made of again. Null for one of an older server that has not been resumed.
    /// </summary>
    public string? ImageId { get; init; }

    /// <summary>What could not be learned when its container was adopted; null for a workspace that was spawned.</summary>
    public string? Adoption { get; init; }

    public required bool Persistent { get; init; }
    public required WorkspaceStatus Status { get; init; }
    public required string VolumeName { get; init; }

    /// <summary>The user of its programs, to whom its volumes belong.</summary>
    public int Uid { get; init; } = WorkspaceUser.Shared;

    public required WorkspaceLimits Limits { get; init; }

    /// <summary>Docker's network mode: <c>none</c> or <c>bridge</c>.</summary>
    public required string Network { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>The environment of its execs: the image's, cleaned, then what spawn was given.</summary>
    public required IReadOnlyDictionary<string, string> Env { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset LastUsedAt { get; init; }

    /// <summary>When the time to live ends; null without one.</summary>
    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>Removed after so long without use; null without one.</summary>
    public TimeSpan? IdleTimeToLive { get; init; }

    /// <summary>The name that its files have once they are kept without it: its alias, or one made of its id.</summary>
    public string KeptAs => Alias ?? $"ws-{Id.Value.ToString("N")[..8]}";

    /// <summary>When the janitor will remove it if it is not used until then.</summary>
    public DateTimeOffset? ExpiresAt => (LeaseUntil, IdleTimeToLive) switch
    {
        (null, null) => null,
        (null, { } idle) => LastUsedAt + idle,
        ({ } lease, null) => lease,
        ({ } lease, { } idle) => lease < LastUsedAt + idle ? lease : LastUsedAt + idle,
    };
}
