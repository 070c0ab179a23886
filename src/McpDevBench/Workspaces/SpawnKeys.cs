using McpDevBench.Storage;

namespace McpDevBench.Workspaces;

/// <summary>Idempotency keys of spawns: repeating the call with a key returns the first result.</summary>
internal sealed class SpawnKeys(
    IdempotencyStore idempotency, WorkspaceDirectory workspaces, WorkspaceRecovery recovery, KeyedLock keys)
{
    private const string Scope = "spawn";

    public async Task<Spawned> OnceAsync(
        Caller caller, SpawnRequest request, Func<Task<Spawned>> spawn, CancellationToken cancellationToken)
    {
        if (request.IdempotencyKey is not { } key)
            return await spawn();
        using var _ = await keys.LockAsync($"{Scope}\n{caller.Name}\n{key}", cancellationToken);
        var fingerprint = FingerprintOf(request);
        if (idempotency.Find(caller, Scope, key, fingerprint) is { } handle && WorkspaceId.TryParse(handle, out var id)
            && workspaces.Find(id) is { Status: not WorkspaceStatus.Removing })
            return new Spawned(await recovery.FindRunningAsync(caller, handle, cancellationToken), Warm: false, Replayed: true);
        var spawned = await spawn();
        idempotency.Save(caller, Scope, key, fingerprint, spawned.Workspace.Id.ToString());
        return spawned;
    }

    private static string FingerprintOf(SpawnRequest request) => IdempotencyStore.Fingerprint(
        request.Image, request.Alias, request.Persistent, request.TimeToLiveSeconds, request.IdleTimeToLiveSeconds, request.MemoryMb,
        request.Cpus, request.Network, request.Env.Json(), request.Labels.Json());
}
