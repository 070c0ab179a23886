using McpDevBench.Audit;

namespace McpDevBench.Tests.Audit;

public sealed class AuditLogTests : IDisposable
{
    /// <summary>A database that takes no rows any more, as on a full disk.</summary>
    private const string Full = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END";

    private readonly AuditDesk _desk = new();

    public void Dispose() => _desk.Dispose();

    [Fact]
    public async Task A_record_is_there_with_all_its_fields_when_the_call_goes_on()
    {
        using var log = _desk.Open();
        var entry = AuditDesk.Entry("a path") with
        {
            ClientName =
                "claude", SessionId =
                    "session-123", ContainerId =
                        "c_1", ExecId = "e_1", Image = "python:3.11-slim", Result = AuditResults.Denied, ErrorCode = "path_denied",
            DurationMs = 1234, CorrelationId = "req-1", TraceId = "0af7651916cd43dd8448eb211c80319c",
        };
        await log.RecordAsync(entry);
        var record = Assert.Single(_desk.Rows());
        Assert.Equal(entry, record.Entry);
        Assert.Equal(1, record.Seq);
        Assert.Equal(
            """{"seq":1,"timestamp":"2026-01-01T00:00:00.000Z","event_type":"fs.write","principal":"me","client_name":"claude","session_id":"session-123","container_id":"c_1","exec_id":"e_1","image":"python:3.11-slim","target":"a path","result":"denied","error_code":"path_denied","duration_ms":1234,"correlation_id":"req-1","trace_id":"0af7651916cd43dd8448eb211c80319c",""",
            Assert.Single(_desk.Lines()).Split("\"prev_hash\"")[0]);
    }

    [Fact]
    public async Task What_is_not_known_is_left_out()
    {
        await _desk.RecordAsync(1);
        Assert.Matches("""^{"seq":1,"timestamp":"2026-01-01T00:00:00.000Z","event_type":"fs.write","principal":"me","target":"1","result":"success","prev_hash":"0{64}","hash":"[0-9a-f]{64}"}$""", Assert.Single(_desk.Lines()));
    }

    [Fact]
    public async Task A_name_cannot_turn_or_hide_a_part_of_its_line_and_comes_back_as_it_was()
    {
        const string Name = "a\u202Egnp.\u2066exe\u200B\u001B[2Jä😀";
        using var log = _desk.Open();
        await log.RecordAsync(AuditDesk.Entry(Name));
        var line = Assert.Single(_desk.Lines());
        Assert.Contains("""
            "target":"a\u202egnp.\u2066exe\u200b\u001b[2Jä😀"
            """.Trim(), line);
        Assert.Equal(Name, AuditJson.Read(System.Text.Encoding.UTF8.GetBytes(line))?.Entry.Target);
        Assert.Null(_desk.VerifyFile());
    }

    [Fact]
    public async Task The_next_server_goes_on_where_the_last_one_ended()
    {
        await _desk.RecordAsync(3);
        await _desk.RecordAsync(2);
        Assert.Equal([1, 2, 3, 4, 5], _desk.Rows().Select(record => record.Seq));
        Assert.Null(_desk.Verify());
        Assert.Null(_desk.VerifyFile());
    }

    [Fact]
    public async Task However_many_come_at_once_each_has_its_place_and_none_is_lost()
    {
        const int Callers = 50, Each = 100;
        using (var log = _desk.Open())
        {
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
            {
                for (var number = 0; number < Each; number++)
                    await log.RecordAsync(AuditDesk.Entry($"{caller}.{number}"));
            }));
            Assert.Equal(Callers * Each, _desk.Rows().Count);
        }
        Assert.Equal(Callers * Each, _desk.Rows().Select(record => record.Entry.Target).Distinct().Count());
        Assert.Equal(_desk.ExpectedLines(), _desk.Lines());
        Assert.Null(_desk.Verify());
        var metrics = await _desk.MetricsAsync();
        Assert.Contains($"mcp_audit_records_total{{event_type=\"fs.write\"}} {Callers * Each}", metrics);
        Assert.Contains($"mcp_audit_last_sequence {Callers * Each}", metrics);
        Assert.Contains("mcp_audit_dropped_total 0", metrics);
    }

    [Fact]
    public async Task What_cannot_be_recorded_is_refused_and_with_room_all_is_well()
    {
        using var log = _desk.Open();
        await log.RecordAsync(AuditDesk.Entry("before"));
        _desk.Meddle(Full);
        await log.RequireAsync();
        var refusal = await Assert.ThrowsAsync<RequestException>(() => log.RecordAsync(AuditDesk.Entry("lost")));
        Assert.Equal((ErrorCode.ResourceExhausted, true), (refusal.Code, refusal.Retryable));
        // What ends something is done all the same, and is missing.
        await log.TryRecordAsync(AuditDesk.Entry("dropped"));
        Assert.Contains("mcp_audit_dropped_total 1", await _desk.MetricsAsync());
        _desk.Meddle("DROP TRIGGER full");
        await log.RequireAsync();
        await log.RecordAsync(AuditDesk.Entry("after"));
        Assert.Equal(["before", "after"], _desk.Rows().Select(record => record.Entry.Target));
        Assert.Equal(_desk.ExpectedLines(), _desk.Lines());
        Assert.Null(_desk.Verify());
    }

    [Fact]
    public async Task A_disk_that_stays_full_refuses_before_anything_is_done()
    {
        using var log = _desk.Open();
        _desk.Meddle("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END; CREATE TRIGGER fuller BEFORE INSERT ON marks BEGIN SELECT RAISE(ABORT, 'full'); END");
        Assert.True((await log.CheckAsync().ContinueWith(check => check.IsFaulted)));
        await Assert.ThrowsAsync<RequestException>(log.RequireAsync);
    }

    [Fact]
    public async Task If_the_operator_wants_it_so_the_call_goes_on_and_is_counted()
    {
        using var log = _desk.Open(new AuditOptions { OnFailure = AuditFailure.Continue });
        _desk.Meddle(Full);
        await log.RecordAsync(AuditDesk.Entry());
        await log.RecordAsync(AuditDesk.Entry());
        await log.RequireAsync();
        Assert.Contains("mcp_audit_dropped_total 2", await _desk.MetricsAsync());
        Assert.False(log.IsNeeded);
    }

    [Fact]
    public async Task Turned_off_it_records_nothing_and_says_so()
    {
        using var log = _desk.Open(new AuditOptions { Enabled = false, File = _desk.File });
        await log.RecordAsync(AuditDesk.Entry());
        Assert.Equal(ErrorCode.Forbidden, Assert.Throws<RequestException>(() => log.Store).Code);
        Assert.True((await log.CheckAsync()).Ok);
        Assert.False(File.Exists(AuditStore.PathOf(_desk.Storage)) || File.Exists(_desk.File));
    }

    [Fact]
    public async Task After_the_end_of_the_server_nothing_is_taken_any_more()
    {
        var log = _desk.Open();
        log.Dispose();
        await Assert.ThrowsAsync<RequestException>(() => log.RecordAsync(AuditDesk.Entry()));
    }

    [Fact]
    public async Task What_is_old_is_removed_from_the_beginning_and_the_chain_still_holds()
    {
        var time = Clocks.Standing();
        using var log = _desk.Open(new AuditOptions { Retention = TimeSpan.FromDays(90) }, time);
        for (var day = 1; day <= 1200; day++)
            await log.RecordAsync(AuditDesk.Entry($"{day}") with { Timestamp = time.GetUtcNow().AddDays(day < 1101 ? -91 : -day / 100) });
        Assert.Equal(1100, log.Prune());
        Assert.Equal(0, log.Prune());
        Assert.Equal(1101, _desk.Rows()[0].Seq);
        Assert.Null(_desk.Verify());
        await log.RecordAsync(AuditDesk.Entry("more") with { Timestamp = time.GetUtcNow() });
        time.Advance(TimeSpan.FromDays(1000));
        Assert.Equal(101, log.Prune());
        Assert.Null(_desk.Verify());
        await log.RecordAsync(AuditDesk.Entry("and more") with { Timestamp = time.GetUtcNow() });
        Assert.Equal(1202, Assert.Single(_desk.Rows()).Seq);
        Assert.Null(_desk.Verify());
    }

    [Fact]
    public async Task What_is_committed_while_everything_old_is_removed_stays()
    {
        using var log = _desk.Open(new AuditOptions());
        for (var number = 1; number <= 3; number++)
            await log.RecordAsync(AuditDesk.Entry($"{number}") with { Timestamp = DateTimeOffset.UnixEpoch });
        // Somebody's, between two pieces of the work.
        _desk.Meddle("""
            CREATE TRIGGER late AFTER DELETE ON audit WHEN old.seq = 3 BEGIN
                INSERT INTO audit (seq, timestamp, event_type, principal, target, result, prev_hash, hash) VALUES (4, 4102444800000, 'fs.write', 'me', 'late', 'success', old.hash, zeroblob(32));
            END
            """);
        Assert.Equal(3, log.Prune());
        Assert.Equal("late", Assert.Single(_desk.Rows()).Entry.Target);
    }

    [Fact]
    public async Task For_ever_is_for_ever()
    {
        using var log = _desk.Open(new AuditOptions { Retention = null });
        await log.RecordAsync(AuditDesk.Entry() with { Timestamp = DateTimeOffset.UnixEpoch });
        Assert.Equal(0, log.Prune());
    }

    [Fact]
    public void A_second_server_and_another_kind_of_database_are_refused()
    {
        using (_desk.Open())
            Assert.Contains("in use by another mcp-devbench", Assert.Throws<RequestException>(() => _desk.Open()).Message);
        File.Copy(_desk.Storage.StateDatabase, AuditStore.PathOf(_desk.Storage), overwrite: true);
        Assert.Contains("another program", Assert.Throws<RequestException>(() => _desk.Open()).Message);
        Assert.Contains("another program", Assert.Throws<RequestException>(() => AuditStore.OpenForReading(_desk.Storage)).Message);
    }

    [Fact]
    public void A_record_that_is_not_there_cannot_be_looked_into() =>
        Assert.Contains(
            "There is no audit database", Assert.Throws<RequestException>(() => AuditStore.OpenForReading(_desk.Storage)).Message);
}
