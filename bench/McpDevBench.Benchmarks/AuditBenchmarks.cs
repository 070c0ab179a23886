using BenchmarkDotNet.Attributes;
using McpDevBench.Audit;
using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;
using McpDevBench.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Benchmarks;

/// <summary>From a call's hand-over of its record to the commit, alone and when many come at once: those share a commit.</summary>
public class AuditBenchmarks
{
    private const int Callers = 16;

    private readonly Task[] _callers = new Task[Callers];
    private DirectoryInfo _folder = null!;
    private AuditLog _log = null!;

    [GlobalSetup(Targets = [nameof(One), nameof(Many)])]
    public void Open() => Open(file: null);

    [GlobalSetup(Target = nameof(OneWithFile))]
    public void OpenWithFile() => Open("audit.log");

    [GlobalCleanup]
    public void Close()
    {
        _log.Dispose();
        _folder.Delete(recursive: true);
    }

    [Benchmark(Baseline = true, Description = "one caller")]
    public Task One() => _log.RecordAsync(Entry());

    [Benchmark(Description = "one caller, with the file of JSON lines")]
    public Task OneWithFile() => One();

    [Benchmark(OperationsPerInvoke = Callers, Description = "16 callers at once, for each")]
    public Task Many()
    {
        for (var caller = 0; caller < Callers; caller++)
            _callers[caller] = One();
        return Task.WhenAll(_callers);
    }

    private void Open(string? file)
    {
        _folder = Directory.CreateTempSubdirectory("devbench-");
        var storage = new StorageOptions { StateDatabase = Path.Combine(_folder.FullName, "state.db") };
        var metrics = new MetricCatalogue(new MetricVocabulary([], [], AuditEvents.All), TimeProvider.System);
        var disk = new StateDisk(storage, metrics, NullLogger<StateDisk>.Instance);
        using var database = new Database(storage, disk, metrics, TimeProvider.System, NullLogger<Database>.Instance);
        var options = new AuditOptions { File = file is null ? null : Path.Combine(_folder.FullName, file) };
        _log = new AuditLog(
            options, storage, disk, new InstanceKey(storage, database), metrics, TimeProvider.System, NullLogger<AuditLog>.Instance);
        CorrelationId.Ensure();
        var facts = CallFacts.Begin(Caller.Local);
        (facts.ClientName, facts.ContainerId, facts.ExecId, facts.Target) = (
            "claude-code", "c_0123456789abcdef", "e_0123456789abcdef", "python3");
    }

    private static AuditEntry Entry() =>
        AuditEntry.Of(AuditEvents.ExecStart, TimeProvider.System.GetUtcNow(), AuditResults.Success) with { DurationMs = 3 };
}
