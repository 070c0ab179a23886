using System.Globalization;
using System.Security.Cryptography;
using McpDevBench.Observability.Secrets;

namespace McpDevBench.Workspaces;

/// <summary>
/// Chooses the processors of a workspace: as many as its CPU limit, rounded up, and those of which the running workspaces are promised
/// least. A limit alone counts the time on all processors; when it is used up, the kernel stops every process of the workspace at once,
/// and its agent waits with them.
/// </summary>
internal sealed partial class ProcessorPlacement(
    WorkspaceOptions options, WorkspaceDirectory workspaces, ILogger<ProcessorPlacement> logger)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<WorkspaceId, int[]> _placed = [];

    /// <summary>So that several servers on one engine do not all begin with the same processor.</summary>
    private readonly int _first = RandomNumberGenerator.GetInt32(1 << 16);

    private bool _isRefused;

    /// <summary>How many running workspaces have processors of their own.</summary>
    public int Pinned
    {
        get
        {
            lock (_lock)
                return Running().Count(workspace => _placed.GetValueOrDefault(workspace.Id) is { Length: > 0 });
        }
    }

    /// <param name="available">Processors of the Docker host.</param>
    /// <returns>In Docker's notation; null where the workspace may use all of them.</returns>
    public string? Choose(Workspace workspace, int available)
    {
        var count = Math.Max(1, (int)Math.Ceiling(workspace.Limits.Cpus));
        lock (_lock)
        {
            if (!options.PinsProcessors || _isRefused || count >= available)
            {
                _placed[workspace.Id] = [];
                return null;
            }
            var promised = Promised(workspace.Id, available);
            int[] chosen = [.. Enumerable.Range(0, available).Select(step => (_first + step) % available)
                .OrderBy(processor => Math.Round(promised[processor], 3)).Take(count).Order()];
            _placed[workspace.Id] = chosen;
            return string.Join(',', chosen);
        }
    }

    /// <summary>Whether it is known which processors the workspace has.</summary>
    public bool Knows(WorkspaceId id)
    {
        lock (_lock)
            return _placed.ContainsKey(id);
    }

    /// <summary>A container that runs already keeps the processors that it has.</summary>
    /// <param name="processors">In Docker's notation; empty for all.</param>
    public void Note(WorkspaceId id, string processors)
    {
        lock (_lock)
            _placed[id] = Parse(processors);
    }

    /// <summary>Whether an engine that took the processors of a container fails to start it with them.</summary>
    public bool IsReason(WorkspaceId id, RequestException failure)
    {
        lock (_lock)
            return _placed.GetValueOrDefault(id) is { Length: > 0 }
                && failure.Message.Contains("cpuset", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The engine does not give a workspace these processors: from now on it is not asked to.</summary>
    public void Disable(WorkspaceId id, string reason)
    {
        lock (_lock)
        {
            _placed[id] = [];
            if (_isRefused)
                return;
            _isRefused = true;
        }
        LogRefused(logger, reason);
    }

    /// <summary>Processors in Docker's notation, such as <c>0-2,5</c>.</summary>
    internal static int[] Parse(string processors) =>
    [
        .. processors.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).SelectMany(part =>
        {
            var ends = part.Split('-');
            return int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) && last >= first && last < 1 << 13
                ? Enumerable.Range(first, last - first + 1)
                : [];
        }).Distinct(),
    ];

    /// <summary>Of each processor, what the other running workspaces are promised of it.</summary>
    private double[] Promised(WorkspaceId except, int available)
    {
        var promised = new double[available];
        var running = Running().ToDictionary(workspace => workspace.Id, workspace => workspace.Limits.Cpus);
        foreach (var gone in _placed.Keys.Where(id => workspaces.Find(id) is null && id != except).ToList())
            _placed.Remove(gone);
        foreach (var (id, processors) in _placed)
        {
            if (id == except || !running.TryGetValue(id, out var cpus))
                continue;
            foreach (var processor in processors.Where(processor => processor < available))
                promised[processor] += cpus / processors.Length;
        }
        return promised;
    }

    /// <summary>Also one whose processes are only beginning or not yet gone.</summary>
    private IEnumerable<Workspace> Running() => workspaces.All.Where(workspace => workspace.Status != WorkspaceStatus.Stopped);

    [LoggerMessage(LogLevel.Warning,
        "The Docker Engine cannot give workspaces processors of their own; busy ones answer late (MCP_WORKSPACE_CPU_PINNING)")]
    private static partial void LogRefused(ILogger logger, [Untrusted] string reason);
}
