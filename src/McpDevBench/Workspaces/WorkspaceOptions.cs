using System.Globalization;

namespace McpDevBench.Workspaces;

/// <summary>What workspaces are like, and which images they may be made of.</summary>
internal sealed record WorkspaceOptions
{
    public required string DefaultImage { get; init; }
    public required IReadOnlyList<string> AllowedRegistries { get; init; }

    /// <summary>Empty, or <c>*</c>: every image of the allowed registries.</summary>
    public required IReadOnlyList<string> AllowedImages { get; init; }

    /// <summary>A file in the format of Docker's config.json, or its text; null without credentials.</summary>
    public string? RegistryCredentials { get; init; }

    public required WorkspaceLimits Limits { get; init; }

    /// <summary>The most that a client may ask for.</summary>
    public required WorkspaceLimits MaxLimits { get; init; }

    /// <summary>Workspaces of all owners at once, running or stopped.</summary>
    public required int MaxWorkspaces { get; init; }

    /// <summary>Memory in MiB that running workspaces may be promised in total; 0 for the memory of the Docker host.</summary>
    public required int MaxTotalMemoryMb { get; init; }

    public required DiskLimits Disk { get; init; }

    public required UidRange UidRange { get; init; }

    public required bool AllowNetwork { get; init; }

    /// <summary>Variables for every workspace.</summary>
    public required IReadOnlyDictionary<string, string> Env { get; init; }

    /// <summary>PEM of what every workspace trusts beside its image's own; null for nothing.</summary>
    public required byte[]? CertificateAuthorities { get; init; }

    /// <summary>Whether a workspace gets processors of its own beside its CPU limit, where the engine has more.</summary>
    public required bool PinsProcessors { get; init; }

    public required string? Runtime { get; init; }

    /// <summary>Whether programs in workspaces may use io_uring.</summary>
    public required bool AllowIoUring { get; init; }

    /// <summary>Without ttl_s; null for ever.</summary>
    public required TimeSpan? DefaultTimeToLive { get; init; }

    /// <summary>How long a stopped workspace that is not persistent stays.</summary>
    public required TimeSpan TransientRetention { get; init; }

    /// <summary>Between two collections.</summary>
    public required TimeSpan CleanupInterval { get; init; }

    public required bool CleanupEnabled { get; init; }
    public required bool StopOnExit { get; init; }

    /// <summary>What kill without force leaves running commands to end by themselves.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(5);

    public static WorkspaceOptions Read(Settings settings)
    {
        var memory = settings.Number("MCP_CONTAINER_MEMORY_LIMIT", 512, 32, 1 << 20, "Memory of a workspace in MiB, without swap.");
        var cpus = settings.Fraction("MCP_CONTAINER_CPU_LIMIT", 1.0, SpawnPlan.MinCpus, 1024, "Processors of a workspace.");
        var pids = settings.Number("MCP_CONTAINER_PID_LIMIT", 256, 32, 1 << 20, "Processes and threads of a workspace.");
        var maxMemory = settings.Number(
            "MCP_MAX_MEMORY_MB", Math.Max(memory, 4096), 32, 1 << 20, "The most memory in MiB that spawn may ask for.");
        var maxCpus = settings.Fraction(
            "MCP_MAX_CPUS", Math.Max(cpus, 4), SpawnPlan.MinCpus, 1024, "The most processors that spawn may ask for.");
        CheckMaximum(settings, "MCP_CONTAINER_MEMORY_LIMIT", memory, "MCP_MAX_MEMORY_MB", maxMemory);
        CheckMaximum(settings, "MCP_CONTAINER_CPU_LIMIT", cpus, "MCP_MAX_CPUS", maxCpus);
        var ttl = settings.Number(
            "MCP_DEFAULT_CONTAINER_TTL", 0, 0, int.MaxValue,
            "Seconds until a workspace spawned without ttl_s is removed; 0 for never.");
        var options = new WorkspaceOptions
        {
            DefaultImage = settings.Text("MCP_DEFAULT_IMAGE_ALIAS", "python:3.11-slim", "The image of a spawn that names none."),
            AllowedRegistries = settings.List(
                "MCP_ALLOWED_REGISTRIES", "docker.io,ghcr.io",
                "Registries that images may come from, comma-separated."),
            AllowedImages = settings.List(
                "MCP_ALLOWED_IMAGES", "*",
                "Images that may be used, comma-separated, with * in a part of the path; * for all of the registries."),
            RegistryCredentials = settings.OptionalText(
                "MCP_DOCKER_CONFIG_JSON",
                "Credentials for registries: a file in the format of Docker's config.json, or its text."),
            Limits = new WorkspaceLimits(memory, cpus, pids),
            MaxLimits = new WorkspaceLimits(maxMemory, maxCpus, pids),
            MaxWorkspaces = settings.Number("MCP_MAX_CONTAINERS", 100, 1, 100_000, "Workspaces at once, of all owners."),
            MaxTotalMemoryMb = settings.Number(
                "MCP_MAX_TOTAL_MEMORY_MB", 0, 0, 1 << 30,
                "Memory in MiB that all running workspaces together may be promised; 0 for the Docker host's memory."),
            Disk = DiskLimits.Read(settings),
            UidRange = UidRange.Read(settings),
            AllowNetwork = settings.Flag("MCP_ALLOW_NETWORK", false, "Whether spawn may ask for network=bridge."),
            Env = WorkspaceVariables.Read(settings),
            CertificateAuthorities = CaFile.Read(settings),
            PinsProcessors = settings.Choice(
                "MCP_WORKSPACE_CPU_PINNING", true, new Dictionary<string, bool> { ["auto"] = true, ["off"] = false },
                "Whether a workspace is bound to as many processors as its CPU limit, rounded up, where the Docker host has more: busy "
                    + "processes in it then do not delay its tools, but do not move to an idle processor either."),
            Runtime = settings.OptionalText(
                "MCP_CONTAINER_RUNTIME",
                "Docker's name of the runtime for workspaces, such as runsc; "
                    + "one that the engine does not have is warned of at start."),
            AllowIoUring = settings.Flag(
                "MCP_ALLOW_IO_URING", false,
                "Whether programs in workspaces may use io_uring, a part of the kernel with a history of vulnerabilities."),
            DefaultTimeToLive = ttl == 0 ? null : TimeSpan.FromSeconds(ttl),
            TransientRetention = TimeSpan.FromDays(
                settings.Number("MCP_TRANSIENT_GC_DAYS", 7, 0, 3650, "Days that a stopped workspace that is not persistent stays.")),
            CleanupEnabled = settings.Flag("MCP_CLEANUP_ENABLED", true, "Whether expired workspaces are removed."),
            CleanupInterval = TimeSpan.FromSeconds(
                settings.Number("MCP_CLEANUP_INTERVAL", 30, 1, 86400, "Seconds between two looks for what has expired.")),
            StopOnExit = settings.Flag(
                "MCP_STOP_CONTAINERS_ON_EXIT", false,
                "Whether workspaces that are not persistent are removed when the server stops."),
        };
        options.CheckDefaultImage(settings);
        return options;
    }

    /// <summary>A spawn that asks for nothing gets no more than one that asks.</summary>
    private static void CheckMaximum<T>(Settings settings, string name, T value, string maximumName, T maximum)
        where T : IComparable<T>, IFormattable
    {
        if (value.CompareTo(maximum) > 0)
            settings.Refuse(string.Create(
                CultureInfo.InvariantCulture,
                $"{maximumName}={maximum} is not allowed: it is below {name}, which is {value}. "
                + $"Lower {name} too, or raise {maximumName}."));
    }

    /// <summary>A spawn without an image must be able to succeed.</summary>
    private void CheckDefaultImage(Settings settings)
    {
        try
        {
            if (new ImagePolicy(this).Objection(ImageReference.Parse(DefaultImage)) is { } objection)
                settings.Refuse(
                    $"MCP_DEFAULT_IMAGE_ALIAS={DefaultImage} is not allowed: {objection}. "
                        + "Set it to an image that MCP_ALLOWED_REGISTRIES and MCP_ALLOWED_IMAGES allow.");
        }
        catch (RequestException e)
        {
            settings.Refuse($"MCP_DEFAULT_IMAGE_ALIAS={DefaultImage} is not allowed: {e.Message} {e.Hint}");
        }
    }
}
