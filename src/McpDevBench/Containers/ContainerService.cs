namespace McpDevBench.Containers;

internal sealed class ContainerService
{
    public Task<Spawned> SpawnAsync(string owner, SpawnRequest request, Func<SpawnPhase, string, ValueTask>? onProgress, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<SpawnDecision> DecideAsync(string owner, SpawnRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<Attached> AttachAsync(string owner, string target, string? clientName, string? sessionId, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<Killed> KillAsync(string owner, string target, bool force, bool keepWorkspace, CancellationToken cancellationToken) => throw new NotImplementedException();

    public ContainerPage List(string owner, bool includeStopped, string? label, string? cursor) => throw new NotImplementedException();

    /// <summary>By id or alias.</summary>
    /// <exception cref="RefusalException">container_not_found, alike for unknown, foreign and expired handles.</exception>
    public Workspace Find(string owner, string target) => throw new NotImplementedException();

    /// <summary>Aliases that begin so, for completions.</summary>
    public IReadOnlyList<string> Aliases(string owner, string prefix) => throw new NotImplementedException();

    /// <summary>Names of images on the Docker host that policy allows and that begin so, for completions.</summary>
    public Task<IReadOnlyList<string>> ImagesAsync(string prefix, CancellationToken cancellationToken) => throw new NotImplementedException();
}
