namespace McpDevBench.Workspaces;

/// <summary>What a client asked for; null means the configured default.</summary>
internal sealed record SpawnRequest
{
    public string? Image { get; init; }
    public string? Alias { get; init; }
    public bool Persistent { get; init; }

    /// <summary>Seconds until it is removed, used or not.</summary>
    public int? TimeToLiveSeconds { get; init; }

    /// <summary>Seconds without use until it is removed.</summary>
    public int? IdleTimeToLiveSeconds { get; init; }

    public IReadOnlyDictionary<string, string> Env { get; init; } = new Dictionary<string, string>();
    public int? MemoryMb { get; init; }
    public double? Cpus { get; init; }
    public string? Network { get; init; }
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
    public string? IdempotencyKey { get; init; }
}

/// <summary>Receives the progress of a spawn.</summary>
/// <param name="fraction">How much of the phase is done, from 0 to 1.</param>
internal delegate void SpawnProgress(SpawnPhase phase, string text, double fraction = 0);

/// <summary>The steps of a spawn, as progress and metrics name them.</summary>
internal enum SpawnPhase
{
    Policy,
    Pull,
    Create,
    Start,
    Ready,
}

/// <param name="Warm">Claimed from the warm pool.</param>
/// <param name="Replayed">The idempotency key had been used before: this is the same workspace.</param>
internal sealed record Spawned(Workspace Workspace, bool Warm, bool Replayed)
{
    /// <summary>What it has again of files that were kept; null where none had been kept.</summary>
    public RestoredFiles? Restored { get; init; }

    /// <summary>Arguments of the spawn that a resumed workspace has from now on.</summary>
    public IReadOnlyList<string> Applied { get; init; } = [];

    /// <summary>What the caller should know beside; null for nothing.</summary>
    public string? Note { get; init; }
}

/// <param name="Files">Below /workspace; null where they could not be counted.</param>
/// <param name="HomeEntries">Files and directories in the home directory; null where they could not be counted.</param>
internal sealed record RestoredFiles(int? Files, int? HomeEntries);

/// <summary>What a spawn would do, without doing it.</summary>
/// <param name="Allowed">Whether it would be done.</param>
/// <param name="Image">The canonical reference.</param>
/// <param name="Reason">Why not, or what would happen.</param>
/// <param name="Nearest">The nearest allowed choice, or null when allowed.</param>
/// <param name="Present">The image is on the Docker host already.</param>
internal sealed record SpawnDecision(
    bool Allowed, string Image, string Reason, string? Nearest, bool Present, WorkspaceLimits Limits, string Network);
