using System.Text;
using McpDevBench.Audit;
using McpDevBench.Observability.Metrics;
using McpDevBench.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests.Audit;

/// <summary>
/// An audit record in a folder of its own: opened and closed as servers come and go, and looked at and meddled with behind their back.
/// </summary>
internal sealed class AuditDesk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AuditDesk()
    {
        Storage = new StorageOptions { StateDatabase = _folder["state.db"] };
        using var database = Storages.Open(Storage, Metrics, TimeProvider.System);
        Key = new InstanceKey(Storage, database);
    }

    public StorageOptions Storage { get; }

    public InstanceKey Key { get; }

    public MetricCatalogue Metrics { get; } = new(new MetricVocabulary([], [], AuditEvents.All), TimeProvider.System);

    public string File => _folder["audit.log"];

    /// <summary>Begins a server's.</summary>
    public AuditLog Open(AuditOptions? options = null, TimeProvider? time = null) =>
        new(
            options ?? new AuditOptions { File = File }, Storage, Storages.Disk(Storage, Metrics), Key, Metrics,
            time ?? TimeProvider.System, NullLogger<AuditLog>.Instance);

    /// <summary>Records so many, one after the other, with targets <c>1</c>, <c>2</c>, …</summary>
    public async Task RecordAsync(int count, AuditOptions? options = null)
    {
        using var log = Open(options);
        for (var number = 1; number <= count; number++)
            await log.RecordAsync(Entry($"{number}"));
    }

    public static AuditEntry Entry(string? target = null, string eventType = AuditEvents.FsWrite) => new()
    {
        Timestamp = DateTimeOffset.UnixEpoch.AddYears(56),
        EventType = eventType,
        Principal = "me",
        Target = target,
        Result = AuditResults.Success,
    };

    /// <summary>All rows, the oldest first, as another process sees them.</summary>
    public List<AuditRecord> Rows()
    {
        using var store = AuditStore.OpenForReading(Storage);
        return store.After(AuditFilter.All, 0, int.MaxValue);
    }

    public string[] Lines() => System.IO.File.ReadAllLines(File);

    /// <summary>The rows as they have to be in the file.</summary>
    public string[] ExpectedLines() => [.. Rows().Select(Line)];

    public static string Line(AuditRecord record)
    {
        var line = new System.Buffers.ArrayBufferWriter<byte>();
        AuditJson.Write(record, line, hashes: true);
        return Encoding.UTF8.GetString(line.WrittenSpan);
    }

    public AuditFlaw? Verify(InstanceKey? key = null)
    {
        using var store = AuditStore.OpenForReading(Storage);
        return new AuditVerification(new AuditChain(key ?? Key)).OfRows(store);
    }

    public AuditFlaw? VerifyFile() => new AuditVerification(new AuditChain(Key)).OfFile(File);

    /// <summary>What somebody does who has the file, but not the key.</summary>
    public void Meddle(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={AuditStore.PathOf(Storage)};Pooling=False");
        connection.Open();
        connection.Run(sql);
    }

    public async Task<string> MetricsAsync() => await Metrics.ExportAsync(CancellationToken.None);

    public void Dispose() => _folder.Dispose();
}
