using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;
using McpDevBench.Storage;

namespace McpDevBench.Audit;

/// <summary>
/// The audit log: append-only, chained, and committed before the call is answered. Applies MCP_AUDIT_ON_FAILURE to calls that cannot be
/// recorded.
/// </summary>
internal sealed class AuditLog : IDisposable
{
    private readonly AuditOptions _options;
    private readonly AuditMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly AuditChain _pruning;
    private readonly StateDisk _disk;
    private readonly AuditStore? _store;
    private readonly AuditWriter? _writer;

    /// <exception cref="RequestException">The database cannot be used.</exception>
    public AuditLog(
        AuditOptions options, StorageOptions storage, StateDisk disk, InstanceKey key, MetricCatalogue metrics, TimeProvider time,
        ILogger<AuditLog> logger)
    {
        (_options, _disk, _metrics, _time, _pruning) = (options, disk, metrics.Audit, time, new AuditChain(key));
        if (!options.Enabled)
            return;
        _store = new AuditStore(storage, disk);
        _writer = new AuditWriter(_store, new AuditChain(key), options.File, metrics, time, logger);
    }

    /// <summary>Without a writable audit log the server is not ready.</summary>
    public bool IsNeeded => _options is { Enabled: true, OnFailure: AuditFailure.Deny };

    /// <exception cref="RequestException">forbidden: the audit log is off.</exception>
    public AuditStore Store => _store ?? throw new RequestException(
        ErrorCode.Forbidden, "The audit log is off on this server.", "The operator turns it on with MCP_AUDIT_ENABLED=true.");

    /// <summary>Before a call that must be recorded: tries to write if the last write failed.</summary>
    /// <exception cref="RequestException">resource_exhausted: it could not be recorded, or the disk with the state is nearly
    /// full.</exception>
    public Task RequireAsync()
    {
        _disk.Require();
        return IsNeeded && _writer!.Fails ? _writer.AppendAsync(null) : Task.CompletedTask;
    }

    /// <summary>Completes when the entry is committed.</summary>
    /// <exception cref="RequestException">resource_exhausted: it could not be recorded, and the call must fail.</exception>
    public Task RecordAsync(AuditEntry entry) =>
        _writer is not null && IsNeeded ? _writer.AppendAsync(entry) : TryRecordAsync(entry);

    /// <summary>For an event that has happened already: a failure is counted as a dropped record.</summary>
    public async Task TryRecordAsync(AuditEntry entry)
    {
        try
        {
            await (_writer?.AppendAsync(entry) ?? Task.CompletedTask);
        }
        catch (RequestException)
        {
            // The writer has logged why, once.
            _metrics.Dropped();
        }
    }

    /// <summary>The workspace that a caller last spawned with an alias, also one that is gone; null where no record has it.</summary>
    public string? LastWithAlias(string principal, string alias) => _store?.LastWithAlias(principal, alias);

    /// <summary>Whether there is a record like this.</summary>
    public bool HasRecord(AuditFilter filter) => _store?.Before(filter, long.MaxValue, 1).Count > 0;

    /// <summary>Removes records whose retention has ended.</summary>
    /// <returns>The number of removed records.</returns>
    public int Prune() =>
        _store is not null && _options.Retention is { } retention ? _store.Prune(_time.GetUtcNow() - retention, _pruning) : 0;

    /// <summary>Whether records can be written now.</summary>
    public async Task<Health> CheckAsync()
    {
        if (_writer is null)
            return new Health(true, "The audit log is off.");
        await _writer.AppendAsync(null);
        return new Health(true, "Records can be written.");
    }

    public void Dispose()
    {
        _writer?.Dispose();
        _store?.Dispose();
    }
}
