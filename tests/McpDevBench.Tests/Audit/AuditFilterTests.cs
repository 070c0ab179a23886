using McpDevBench.Audit;

namespace McpDevBench.Tests.Audit;

public sealed class AuditFilterTests : IAsyncLifetime
{
    private static readonly DateTimeOffset _begin = DateTimeOffset.UnixEpoch.AddYears(56);

    private readonly AuditDesk _desk = new();

    public async ValueTask InitializeAsync()
    {
        using var log = _desk.Open();
        for (var minute = 0; minute < 6; minute++)
        {
            await log.RecordAsync(AuditDesk.Entry($"{minute}", minute % 2 == 0 ? AuditEvents.FsRead : AuditEvents.ExecStart) with
            {
                Timestamp = _begin.AddMinutes(minute),
                Principal = minute == 5 ? "you" : "me",
                ContainerId = minute < 3 ? "c_1" : "c_2",
                ExecId = minute % 2 == 0 ? null : $"e_{minute}",
                CorrelationId = $"req-{minute / 2}",
                Result = minute == 3 ? AuditResults.Failure : AuditResults.Success,
            });
        }
    }

    public ValueTask DisposeAsync()
    {
        _desk.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public void Each_filter_narrows_and_they_narrow_together()
    {
        Assert.Equal("012345", Found(AuditFilter.All));
        Assert.Equal("024", Found(new AuditFilter { EventType = AuditEvents.FsRead }));
        Assert.Equal("345", Found(new AuditFilter { ContainerId = "c_2" }));
        Assert.Equal("1", Found(new AuditFilter { ExecId = "e_1" }));
        Assert.Equal("23", Found(new AuditFilter { CorrelationId = "req-1" }));
        Assert.Equal("3", Found(new AuditFilter { CorrelationId = "req-1", ContainerId = "c_2" }));
        Assert.Equal("5", Found(new AuditFilter { Principal = "you" }));
        Assert.Equal("3", Found(new AuditFilter { Result = AuditResults.Failure }));
        Assert.Equal("345", Found(new AuditFilter { Since = _begin.AddMinutes(3) }));
        Assert.Equal("012", Found(new AuditFilter { Until = _begin.AddMinutes(3) }));
        Assert.Equal("2", Found(new AuditFilter { EventType = AuditEvents.FsRead, ContainerId = "c_1", Since = _begin.AddMinutes(1) }));
        Assert.Equal("", Found(new AuditFilter { Principal = "' OR 1=1 --" }));
    }

    [Fact]
    public async Task An_alias_stands_for_every_workspace_that_was_spawned_with_it()
    {
        using (var log = _desk.Open())
        {
            await log.RecordAsync(AuditDesk.Entry("proj", AuditEvents.ContainerSpawn) with { ContainerId = "c_1" });
            // As a spawn that succeeded is recorded, with the user id; another alias that begins alike is another.
            await log.RecordAsync(
                AuditDesk.Entry("proj uid=20001", AuditEvents.ContainerSpawn) with { ContainerId = "c_2", Principal = "you" });
            await log.RecordAsync(AuditDesk.Entry("project uid=20002", AuditEvents.ContainerSpawn) with { ContainerId = "c_3" });
            await log.RecordAsync(
                AuditDesk.Entry("proj", AuditEvents.ContainerKill) with { ContainerId = "proj", Result = AuditResults.Failure });
            await log.RecordAsync(AuditDesk.Entry("dry_run proj", AuditEvents.ContainerSpawn));
        }
        using var store = AuditStore.OpenForReading(_desk.Storage);
        AuditFilter Of(AuditFilter filter) => store.Resolve(filter);
        Assert.Equal(["c_2", "c_1"], Of(new AuditFilter { ContainerId = "proj" }).WithAlias);
        Assert.Equal("012345projproj uid=20001proj", Found(Of(new AuditFilter { ContainerId = "proj" })));
        Assert.Equal(["c_1"], Of(new AuditFilter { ContainerId = "proj", Principal = "me" }).WithAlias);
        Assert.Empty(Of(new AuditFilter { ContainerId = "other" }).WithAlias);
        Assert.Equal("", Found(Of(new AuditFilter { ContainerId = "other" })));
    }

    [Fact]
    public void Pages_follow_each_other_in_both_directions()
    {
        using var store = AuditStore.OpenForReading(_desk.Storage);
        Assert.Equal([6, 5], store.Before(AuditFilter.All, long.MaxValue, 2).Select(record => record.Seq));
        Assert.Equal([4, 3], store.Before(AuditFilter.All, 5, 2).Select(record => record.Seq));
        Assert.Equal([3, 4], store.After(AuditFilter.All, 2, 2).Select(record => record.Seq));
        Assert.Equal(4, store.StartOfNewest(AuditFilter.All, 2));
        Assert.Equal(0, store.StartOfNewest(AuditFilter.All, 7));
        Assert.Equal(
            [3, 5],
            store.After(
                new AuditFilter { EventType = AuditEvents.FsRead },
                store.StartOfNewest(new AuditFilter { EventType = AuditEvents.FsRead }, 2), 9).Select(record => record.Seq));
    }

    [Fact]
    public async Task Calls_that_took_long_are_found_by_the_time_when_they_began()
    {
        using (var log = _desk.Open())
        {
            await log.RecordAsync(AuditDesk.Entry("x") with { Timestamp = _begin.AddDays(3) });
            await log.RecordAsync(AuditDesk.Entry("y") with { Timestamp = _begin.AddDays(3).AddHours(-20) });
            await log.RecordAsync(AuditDesk.Entry("z") with { Timestamp = _begin.AddDays(5) });
        }
        Assert.Equal("yz", Found(new AuditFilter { Since = _begin.AddDays(2) }).Replace("x", "", StringComparison.Ordinal));
        Assert.Equal("xz", Found(new AuditFilter { Since = _begin.AddDays(3) }));
        Assert.Equal("y", Found(new AuditFilter { Since = _begin.AddDays(2), Until = _begin.AddDays(3) }));
        Assert.Equal("012345xy", Found(new AuditFilter { Until = _begin.AddDays(4) }));
    }

    [Fact]
    public async Task Times_are_exact_also_after_the_clock_was_set_back()
    {
        using (var log = _desk.Open())
        {
            await log.RecordAsync(AuditDesk.Entry("x") with { Timestamp = _begin.AddDays(30) });
            await log.RecordAsync(AuditDesk.Entry("y") with { Timestamp = _begin.AddDays(-30) });
            await log.RecordAsync(AuditDesk.Entry("z") with { Timestamp = _begin.AddDays(10) });
        }
        Assert.Equal("xz", Found(new AuditFilter { Since = _begin.AddDays(5) }));
        Assert.Equal("012345yz", Found(new AuditFilter { Until = _begin.AddDays(20) }));
        Assert.Equal("012345", Found(new AuditFilter { Since = _begin, Until = _begin.AddDays(1) }));
        Assert.Equal("", Found(new AuditFilter { Since = _begin.AddDays(11), Until = _begin.AddDays(12) }));
    }

    [Fact]
    public void Pages_of_a_time_hold_each_of_its_records_once_whatever_the_clock_did()
    {
        const int Count = 3000;
        // Hours in no order at all.
        _desk.Meddle($"""
            INSERT INTO audit (seq, timestamp, event_type, principal, result, prev_hash, hash)
            WITH RECURSIVE numbers (n) AS (SELECT 7 UNION ALL SELECT n + 1 FROM numbers WHERE n < {Count})
            SELECT n, {_begin.ToUnixTimeMilliseconds()} + 3600000 * (n * 7919 % 1000), 'fs.write', 'me', 'success', zeroblob(32), zeroblob(32) FROM numbers
            """);
        var filter = new AuditFilter { Since = _begin.AddHours(200), Until = _begin.AddHours(700) };
        var expected = _desk.Rows().Where(
            record =>
                record.Entry.Timestamp >= filter.Since && record.Entry.Timestamp < filter.Until).Select(record => record.Seq).ToList();
        Assert.InRange(expected.Count, Count / 3, Count * 2 / 3);
        using var store = AuditStore.OpenForReading(_desk.Storage);
        Assert.Equal(expected, Pages(0, seq => store.After(filter, seq, 100)));
        Assert.Equal(expected.AsEnumerable().Reverse(), Pages(long.MaxValue, seq => store.Before(filter, seq, 100)));
    }

    [Theory]
    [InlineData("2026-01-31", "2026-01-31T00:00:00+00:00")]
    [InlineData("2026-01-31T10:00:00Z", "2026-01-31T10:00:00+00:00")]
    [InlineData("2026-01-31T10:00:00+02:00", "2026-01-31T08:00:00+00:00")]
    public void Times_are_utc_unless_they_say_otherwise(string text, string expected) =>
        Assert.Equal(
            expected,
            AuditFilter.Time("since", text)?.ToUniversalTime().ToString(
                "yyyy-MM-dd'T'HH:mm:sszzz", System.Globalization.CultureInfo.InvariantCulture));

    [Fact]
    public void Words_that_no_record_has_are_refused_with_those_that_it_can_have()
    {
        Assert.Contains(
            "exec.start", Assert.Throws<RequestException>(() => new AuditFilter { EventType = "exec.strat" }.Checked()).Message);
        Assert.Contains("denied", Assert.Throws<RequestException>(() => new AuditFilter { Result = "error" }.Checked()).Hint);
        Assert.Contains("is not a time", Assert.Throws<RequestException>(() => AuditFilter.Time("since", "yesterday")).Message);
    }

    private static List<long> Pages(long from, Func<long, List<AuditRecord>> next)
    {
        var found = new List<long>();
        while (next(from) is { Count: > 0 } page)
        {
            found.AddRange(page.Select(record => record.Seq));
            from = found[^1];
        }
        return found;
    }

    private string Found(AuditFilter filter)
    {
        using var store = AuditStore.OpenForReading(_desk.Storage);
        return string.Concat(store.After(filter, 0, 100).Select(record => record.Entry.Target));
    }
}
