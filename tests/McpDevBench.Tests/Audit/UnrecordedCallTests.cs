using McpDevBench.Audit;
using McpDevBench.Calls;

namespace McpDevBench.Tests.Audit;

/// <summary>What becomes of a call whose record is not written at once.</summary>
public sealed class UnrecordedCallTests : IDisposable
{
    private const string Full = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END; CREATE TRIGGER fuller BEFORE INSERT ON marks BEGIN SELECT RAISE(ABORT, 'full'); END";
    private const string Roomy = "DROP TRIGGER full; DROP TRIGGER fuller";

    private readonly AuditDesk _desk = new();

    public void Dispose() => _desk.Dispose();

    [Fact]
    public async Task What_was_done_is_not_recorded_as_a_failure_because_it_could_not_be_recorded_before()
    {
        using var log = _desk.Open();
        var call = Call(log);
        await call.RequireAsync();
        _desk.Meddle(Full);
        var refusal = await Assert.ThrowsAsync<RequestException>(call.SucceededAsync);
        _desk.Meddle(Roomy);
        await call.FailedAsync(refusal.Code.Name());
        var entry = Assert.Single(_desk.Rows()).Entry;
        Assert.Equal((AuditEvents.FsWrite, AuditResults.Success, null), (entry.EventType, entry.Result, entry.ErrorCode));
        Assert.Contains("mcp_audit_dropped_total 0", await _desk.MetricsAsync());
    }

    [Fact]
    public async Task What_was_done_and_cannot_be_recorded_at_all_is_counted_once()
    {
        using var log = _desk.Open();
        var call = Call(log);
        _desk.Meddle(Full);
        await Assert.ThrowsAsync<RequestException>(call.SucceededAsync);
        await call.FailedAsync("resource_exhausted");
        await call.FailedAsync("resource_exhausted");
        Assert.Contains("mcp_audit_dropped_total 1", await _desk.MetricsAsync());
    }

    [Fact]
    public async Task What_is_refused_because_nothing_can_be_recorded_is_not_recorded_and_not_counted()
    {
        using var log = _desk.Open();
        _desk.Meddle(Full);
        await Assert.ThrowsAsync<RequestException>(() => log.RecordAsync(AuditDesk.Entry()));
        var call = Call(log);
        var refusal = await Assert.ThrowsAsync<RequestException>(call.RequireAsync);
        await call.FailedAsync(refusal.Code.Name());
        Assert.Contains("mcp_audit_dropped_total 0", await _desk.MetricsAsync());
        _desk.Meddle(Roomy);
        await call.FailedAsync(refusal.Code.Name());
        Assert.Empty(_desk.Rows());
    }

    [Fact]
    public async Task Another_refusal_that_cannot_be_recorded_is_counted()
    {
        using var log = _desk.Open();
        _desk.Meddle(Full);
        await Call(log).FailedAsync("file_not_found");
        Assert.Contains("mcp_audit_dropped_total 1", await _desk.MetricsAsync());
    }

    private static CallRecord Call(AuditLog log) => new(log, TimeProvider.System, "fs_write", AuditEvents.FsWrite, mayGoUnrecorded: false);
}
