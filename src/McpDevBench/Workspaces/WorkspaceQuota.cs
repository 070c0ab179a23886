using System.Globalization;
using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>What all workspaces together may take.</summary>
/// <param name="Workspaces">At once, running or stopped.</param>
/// <param name="MemoryMb">Memory in MiB that running workspaces may be promised.</param>
/// <param name="Processors">Of the Docker host: each workspace may be promised all of them.</param>
internal sealed record WorkspaceCeiling(int Workspaces, long MemoryMb, int Processors)
{
    /// <summary>A CPU limit above the host's processors is allowed, and limits nothing.</summary>
    /// <returns>A sentence for the caller; null if the host has as many.</returns>
    public string? NoteOf(WorkspaceLimits wanted) => wanted.Cpus <= Processors
        ? null
        : string.Create(CultureInfo.InvariantCulture,
            $"The Docker host has {Plural.Of(Processors, "processor")}: cpus={wanted.Cpus} gives no more than that.");

    /// <summary>Checks whether one more workspace fits beside the present ones.</summary>
    /// <exception cref="RequestException">resource_exhausted.</exception>
    public void Require(IEnumerable<Workspace> present, WorkspaceLimits wanted)
    {
        var (count, memory) = Used(present);
        if (count >= Workspaces)
            throw Exhausted(
                "workspaces", "",
                $"{Plural.Of(count, "workspace exists", "workspaces exist")}, which is the limit of this server (MCP_MAX_CONTAINERS).");
        if (memory + wanted.MemoryMb > MemoryMb)
            throw Exhausted("memory", " A smaller memory_mb may fit.", string.Create(CultureInfo.InvariantCulture,
                $"{memory} of {MemoryMb} MiB of memory are promised to running workspaces (MCP_MAX_TOTAL_MEMORY_MB), "
                    + $"so {wanted.MemoryMb} MiB more are not available."));
    }

    /// <summary>A stopped workspace counts, but its memory is free. One being removed counts until its processes have ended.</summary>
    public static (int Count, long MemoryMb) Used(IEnumerable<Workspace> present)
    {
        var (count, memory) = (0, 0L);
        foreach (var workspace in present)
        {
            count++;
            if (workspace.Status is WorkspaceStatus.Running or WorkspaceStatus.Creating or WorkspaceStatus.Removing)
                memory += workspace.Limits.MemoryMb;
        }
        return (count, memory);
    }

    /// <param name="otherwise">What else helps; empty for nothing.</param>
    private static RequestException Exhausted(string rule, string otherwise, string message) => new(
        ErrorCode.ResourceExhausted, message,
        "Call list_containers with include_stopped=true, and kill a workspace that is not needed (keep_workspace=true keeps its files), "
            + "or work in one of them." + otherwise,
        retryable: true) { Rule = rule };
}

/// <summary>The operator's ceiling for all workspaces, with the Docker host's memory where none is set.</summary>
internal sealed class WorkspaceQuota(WorkspaceOptions options, DockerEngine engine, EngineDisk disk)
{
    /// <summary>As last read from the engine; null before.</summary>
    public WorkspaceCeiling? Last { get; private set; }

    /// <summary>Promised memory never exceeds what the Docker host has.</summary>
    /// <exception cref="RequestException">docker_unavailable, or resource_exhausted: the host's disk is nearly full.</exception>
    public async Task<WorkspaceCeiling> ReadAsync(CancellationToken cancellationToken)
    {
        disk.Require();
        var host = await engine.IdentifyAsync(cancellationToken);
        var hostMb = host.MemoryBytes >> 20;
        var memory = options.MaxTotalMemoryMb > 0 ? Math.Min(options.MaxTotalMemoryMb, hostMb) : hostMb;
        return Last = new WorkspaceCeiling(options.MaxWorkspaces, memory, host.Processors);
    }
}
