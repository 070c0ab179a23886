using McpDevBench.Engine;

namespace McpDevBench.Workspaces;

/// <summary>Remembers what the Docker host has of other states, as last listed.</summary>
internal sealed partial class EarlierStates(Ownership ownership, WorkspaceStore store, ILogger<EarlierStates> logger)
{
    private volatile EarlierState? _last;

    /// <returns>A sentence for the operator; null if there is nothing.</returns>
    public string? Describe() => _last?.Describe();

    /// <summary>Logged once: another server's containers come and go.</summary>
    public void Note(IReadOnlyList<EngineContainer> containers, IReadOnlyList<EngineVolume> volumes)
    {
        var found = EarlierState.Of(containers, volumes, ownership, store.BornAt);
        if (_last is null && found.Containers + found.Volumes > 0)
        {
            var level = found.Older > 0 ? LogLevel.Warning : LogLevel.Information;
            LogEarlier(logger, level, found.Containers, found.Volumes, found.Older);
        }
        _last = found;
    }

    [LoggerMessage("Containers or files of another state exist on the Docker host; not adopted")]
    private static partial void LogEarlier(ILogger logger, LogLevel level, int containerCount, int volumeCount, int olderCount);
}
