using System.Globalization;
using McpDevBench.Engine;
using McpDevBench.Observability.Secrets;
using McpDevBench.Storage;

namespace McpDevBench.Workspaces;

/// <summary>
/// Says in the engine which server owns the state: a volume that is made anew every few seconds and carries its holder. A server on a copy
/// of the state has the same key, and would remove what it does not know and fight for the agents; it finds the lease taken.
/// </summary>
/// <remarks>
/// Labels of a volume never change, and creating one that exists returns it as it is. So each renewal is a volume with the next number in
/// its name, and who has created it holds the lease.
/// </remarks>
internal sealed partial class StateLease(
    EngineVolumes volumes, InstanceKey key, TimeProvider time, ILogger<StateLease> logger)
{
    /// <summary>Of the volumes.</summary>
    public const string Prefix = "mcpdevbench_lease_";

    public static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(15);

    /// <summary>One that has not been renewed for so long has expired: its holder has crashed.</summary>
    private static readonly TimeSpan _lifetime = 4 * RenewInterval;

    private static readonly TimeSpan _startTimeout = TimeSpan.FromSeconds(5);

    private const string Label = "com.mcp.lease", HolderLabel = "com.mcp.lease_holder", RenewedLabel = "com.mcp.lease_renewed",
        SignatureLabel = "com.mcp.signature";

    private readonly SemaphoreSlim _renewing = new(1, 1);
    private readonly string _scope = Convert.ToHexStringLower(key.Sign("lease"))[..12];
    private readonly string _holder = key.Place;
    private long _number;

    /// <summary>Whether this server holds it.</summary>
    public bool IsHeld { get; private set; }

    /// <summary>Before anything is done for the state. An engine that does not answer is asked again later.</summary>
    /// <exception cref="RequestException">conflict: another server holds it.</exception>
    public async Task AcquireAtStartAsync()
    {
        using var timeout = new CancellationTokenSource(_startTimeout, time);
        try
        {
            await RenewAsync(timeout.Token);
        }
        catch (Exception e) when (e is not RequestException { Code: ErrorCode.Conflict })
        {
            LogPostponed(logger, e.Message);
        }
    }

    /// <summary>Takes or renews it.</summary>
    /// <exception cref="RequestException">conflict: another server holds it, or Docker does not answer.</exception>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        await _renewing.WaitAsync(cancellationToken);
        try
        {
            var found = (await volumes.ListAsync($"{Label}={_scope}", cancellationToken)).Select(Read).OfType<Lease>()
                .OrderByDescending(lease => lease.Number).ToList();
            var now = time.GetUtcNow();
            if (found.FirstOrDefault(
                lease => lease.Holder != _holder && now - lease.RenewedAt < _lifetime && lease.Number > _number) is { } other)
                throw Lost(other);
            var next = new Lease("", Math.Max(_number, found.Count == 0 ? 0 : found[0].Number) + 1, _holder, now);
            var name = $"{Prefix}{_scope}_{next.Number.ToString(CultureInfo.InvariantCulture)}";
            var made = Read(await volumes.CreateOrFindAsync(name, LabelsOf(name, next), cancellationToken));
            if (made is null || made.Holder != _holder)
                throw Lost(made ?? next with { Name = name, Holder = "unknown" });
            (_number, IsHeld) = (made.Number, true);
            foreach (var past in found)
                await volumes.RemoveAsync(past.Name, cancellationToken);
        }
        finally
        {
            _renewing.Release();
        }
    }

    /// <summary>The server stops: the next one need not wait.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        if (!IsHeld)
            return;
        await _renewing.WaitAsync(cancellationToken);
        try
        {
            IsHeld = false;
            await volumes.RemoveAsync($"{Prefix}{_scope}_{_number.ToString(CultureInfo.InvariantCulture)}", cancellationToken);
        }
        finally
        {
            _renewing.Release();
        }
    }

    private RequestException Lost(Lease other)
    {
        IsHeld = false;
        return new RequestException(
            ErrorCode.Conflict,
            "Another mcp-devbench uses a copy of this state on the same Docker host "
                + $"(instance {other.Holder}, last seen {other.RenewedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC): "
                    + "two would remove each other's workspaces.",
            $"Stop that one, or start this one with a state of its own (MCP_STATE_DB). "
                    + $"If that one has crashed, wait {_lifetime.TotalSeconds:0} s.");
    }

    private Dictionary<string, string> LabelsOf(string name, Lease lease)
    {
        var renewed = lease.RenewedAt.Milliseconds().ToString(CultureInfo.InvariantCulture);
        return new()
        {
            [Label] = _scope, [HolderLabel] = lease.Holder, [RenewedLabel] = renewed,
            [SignatureLabel] = Signature(name, lease.Holder, renewed),
        };
    }

    /// <summary>Null for a volume that only looks like one.</summary>
    private Lease? Read(EngineVolume volume)
    {
        var (holder, renewed) = (volume.Labels.GetValueOrDefault(HolderLabel, ""), volume.Labels.GetValueOrDefault(RenewedLabel, ""));
        return volume.Labels.GetValueOrDefault(SignatureLabel) == Signature(volume.Name, holder, renewed)
            && long.TryParse(volume.Name.AsSpan(volume.Name.LastIndexOf('_') + 1), CultureInfo.InvariantCulture, out var number)
            && long.TryParse(renewed, CultureInfo.InvariantCulture, out var milliseconds)
            ? new Lease(volume.Name, number, holder, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds))
            : null;
    }

    private string Signature(string name, string holder, string renewed) =>
        Convert.ToHexStringLower(key.Sign("lease", name, holder, renewed));

    private sealed record Lease(string Name, long Number, string Holder, DateTimeOffset RenewedAt);

    [LoggerMessage(LogLevel.Information, "Docker does not answer yet; the state's lease is taken when it does")]
    private static partial void LogPostponed(ILogger logger, [Untrusted] string reason);
}
