using McpDevBench.Audit;

namespace McpDevBench.Tests.Audit;

/// <summary>Somebody has the database and knows how it is made, but does not have the key.</summary>
public sealed class AuditVerificationTests : IDisposable
{
    private const string Columns = "timestamp, event_type, principal, target, result, prev_hash, hash";

    private readonly AuditDesk _desk = new();

    public void Dispose() => _desk.Dispose();

    [Theory]
    [InlineData("UPDATE audit SET target = 'x' WHERE seq = 3", "altered", 3)]
    [InlineData("UPDATE audit SET client_name = '' WHERE seq = 3", "altered", 3)]
    [InlineData("UPDATE audit SET duration_ms = 0 WHERE seq = 3", "altered", 3)]
    [InlineData("UPDATE audit SET target = principal, principal = target WHERE seq = 3", "altered", 3)]
    [InlineData("UPDATE audit SET hash = zeroblob(32) WHERE seq = 3", "altered", 3)]
    [InlineData("DELETE FROM audit WHERE seq = 3", "removed", 3)]
    [InlineData("DELETE FROM audit WHERE seq <= 2", "removed", 1)]
    [InlineData("DELETE FROM audit WHERE seq > 3", "removed", 4)]
    [InlineData("DELETE FROM audit", "removed", 1)]
    [InlineData(
        "UPDATE audit SET seq = 99 WHERE seq = 2; UPDATE audit SET seq = 2 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 99",
        "reordered", 2)]
    [InlineData("UPDATE audit SET seq = -seq WHERE seq >= 3; UPDATE audit SET seq = 1 - seq WHERE seq < 0; INSERT INTO audit (seq, " + Columns + ") SELECT 3, timestamp, event_type, principal, 'forged', result, prev_hash, zeroblob(32) FROM audit WHERE seq = 4", "inserted", 3)]
    [InlineData("INSERT INTO audit (seq, " + Columns + ") SELECT 6, timestamp, event_type, principal, target, result, hash, zeroblob(32) FROM audit WHERE seq = 5", "inserted", 6)]
    [InlineData(
        "DELETE FROM audit WHERE seq = 5; UPDATE marks SET seq = 4, hash = (SELECT hash FROM audit WHERE seq = 4) WHERE name = 'last'",
        "altered", 4)]
    [InlineData(
        "INSERT INTO marks SELECT 'pruned', 2, hash, zeroblob(32) FROM audit WHERE seq = 2; DELETE FROM audit WHERE seq <= 2", "removed",
        2)]
    public async Task What_was_done_to_it_is_found_at_the_first_place(string meddling, string what, long seq)
    {
        await _desk.RecordAsync(5);
        Assert.Null(_desk.Verify());
        _desk.Meddle(meddling);
        Assert.Equal(new AuditFlaw(seq, what), _desk.Verify());
    }

    [Theory]
    [InlineData("DELETE FROM audit WHERE seq > 3", 4)]
    [InlineData(
        "DELETE FROM audit WHERE seq > 3; UPDATE marks SET seq = 3, hash = (SELECT hash FROM audit WHERE seq = 3) WHERE name = 'last'", 4)]
    [InlineData("DELETE FROM audit WHERE seq > 3; DELETE FROM marks", 4)]
    [InlineData("DELETE FROM marks", 6)]
    public async Task What_was_cut_off_its_end_cannot_be_made_good_by_going_on(string meddling, long seq)
    {
        await _desk.RecordAsync(5);
        _desk.Meddle(meddling);
        await _desk.RecordAsync(3);
        Assert.Equal(new AuditFlaw(seq, "removed"), _desk.Verify());
    }

    [Fact]
    public async Task Another_servers_key_is_not_good()
    {
        await _desk.RecordAsync(2);
        using var other = new AuditDesk();
        Assert.NotNull(_desk.Verify(other.Key));
    }

    [Theory]
    [InlineData(new[] { 0, 1, 2, 3, 4 }, null, 0)]
    [InlineData(new[] { 2, 3, 4 }, null, 0)]
    [InlineData(new[] { 0, 1, 3, 4 }, "removed", 3)]
    [InlineData(new[] { 0, 2, 1, 3 }, "removed", 2)]
    [InlineData(new[] { 0, 1, 1, 2 }, "reordered", 3)]
    public async Task Lines_of_a_file_have_to_follow_each_other(int[] order, string? what, long seq)
    {
        await _desk.RecordAsync(5);
        var lines = _desk.Lines();
        await File.WriteAllLinesAsync(_desk.File, order.Select(index => lines[index]));
        Assert.Equal(what is null ? null : new AuditFlaw(seq, what), _desk.VerifyFile());
    }

    [Theory]
    [InlineData("\"target\":\"2\"", "\"target\":\"3\"")]
    [InlineData("\"target\":\"2\",", "")]
    [InlineData("\"target\":\"2\"", "\"target\":\"2\",\"note\":\"harmless\"")]
    public async Task A_line_of_a_file_that_was_altered_is_found(string before, string after)
    {
        await _desk.RecordAsync(3);
        await File.WriteAllTextAsync(_desk.File, (await File.ReadAllTextAsync(_desk.File)).Replace(before, after));
        Assert.Equal(new AuditFlaw(2, "altered"), _desk.VerifyFile());
    }

    [Fact]
    public async Task Whatever_a_client_calls_itself_the_chain_holds()
    {
        var random = new Random(7);
        using (var log = _desk.Open())
        {
            for (var number = 0; number < 500; number++)
            {
                var text = string.Concat(
                    Enumerable.Range(0, random.Next(0, 400)).Select(
                        _ => (char)(random.Next(3) == 0 ? random.Next(0xD700, 0x10000) : random.Next(0, 0x300))));
                await log.RecordAsync(AuditDesk.Entry(text) with { ClientName = text, SessionId = text, Image = text });
            }
        }
        Assert.Null(_desk.Verify());
        Assert.Null(_desk.VerifyFile());
        Assert.Equal(500, _desk.Lines().Length);
    }

    [Fact]
    public void Long_texts_are_cut_between_characters()
    {
        Assert.Equal("ab…", AuditText.Clean("ab😀", 3));
        Assert.Equal("ab😀", AuditText.Clean("ab😀", 4));
        Assert.Equal("a\uFFFDb", AuditText.Clean("a\0b", 10));
        Assert.Equal("a\uFFFDb", AuditText.Clean("a\uD800b", 10));
    }
}
