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

/// <summary>Hears how far a spawn is.</summary>
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

/// <summary>What policy says to a spawn, without doing it.</summary>
/// <param name="Allowed">Whether it would be done.</param>
/// <param name="Image">The canonical reference.</param>
/// <param name="Reason">Why not, or what would happen.</param>
/// <param name="Nearest">The nearest allowed choice, or null when allowed.</param>
/// <param name="Present">The image is on the Docker host already.</param>
internal sealed record SpawnDecision(bool Allowed, string Image, string Reason, string? Nearest, bool Present, WorkspaceLimits Limits, string Network);

internal sealed record Attached(Workspace Workspace, int RunningExecs);

/// <param name="Status"><c>stopped</c> or <c>removed</c>.</param>
/// <param name="Volume">What became of the workspace's files: <c>removed</c> or <c>kept</c>.</param>
/// <param name="KeptAs">The alias that brings kept files back; null if they are gone.</param>
/// <param name="HomeAlone">Only the home directory is kept: the volume of /workspace was gone before.</param>
internal sealed record Killed(string ContainerId, string Status, string Volume, string? KeptAs, bool HomeAlone = false);

/// <param name="Files">The volume behind /workspace is on the Docker host.</param>
/// <param name="Home">The volume behind the home directory is.</param>
internal readonly record struct VolumesLeft(bool Files, bool Home);

/// <param name="NextCursor">Pass it to get the entries after these; null at the end.</param>
/// <param name="Hidden">Stopped workspaces that were not asked for.</param>
/// <param name="IsCurrent">False: Docker did not answer, and the states are those that were known before.</param>
internal sealed record ContainerPage(IReadOnlyList<ListedContainer> Containers, string? NextCursor, int Hidden, bool IsCurrent);

/// <param name="Status">Of its container: a <see cref="ContainerStatus"/> in lower case, or <c>paused</c>.</param>
internal sealed record ListedContainer(Workspace Workspace, string Status, int RunningExecs);

/// <param name="IsMissing">The volume with the files of /workspace is no longer on the Docker host.</param>
/// <param name="HasHome">The volume with the home directory is there.</param>
internal sealed record ListedKeptFiles(KeptFiles Files, bool IsMissing, bool HasHome);

/// <summary>What a reconciliation or a collection found and did: one sentence each, in order.</summary>
/// <param name="DryRun">Nothing was done: the sentences say what would be.</param>
internal sealed record Sweep(bool DryRun, int Inspected, IReadOnlyList<SweepAction> Actions);

/// <param name="Kind">A fixed word: <c>adopted</c>, <c>removed</c>, <c>marked_stopped</c>, <c>volume_removed</c>, <c>left_alone</c>, …</param>
/// <param name="Subject">The container, volume or row concerned.</param>
/// <param name="Reason">Why.</param>
internal sealed record SweepAction(string Kind, string Subject, string Reason)
{
    /// <summary>Why another server's things are left alone.</summary>
    public const string Foreign = "it carries our label, but not our signature";
}
