using McpDevBench.Audit;

namespace McpDevBench.Tests.Audit;

/// <summary>The file has the same records as the database, whatever happens to it.</summary>
public sealed class AuditFileTests : IDisposable
{
    private readonly AuditDesk _desk = new();

    public void Dispose() => _desk.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(100)]
    public async Task A_line_that_a_crash_cut_off_is_written_again(int missing)
    {
        await _desk.RecordAsync(3);
        using (var file = new FileStream(_desk.File, FileMode.Open))
            file.SetLength(file.Length - missing);
        await _desk.RecordAsync(1);
        Assert.Equal(_desk.ExpectedLines(), _desk.Lines());
    }

    [Fact]
    public async Task Records_that_a_crash_kept_from_the_file_are_added()
    {
        await _desk.RecordAsync(3);
        var lines = _desk.Lines();
        await File.WriteAllLinesAsync(_desk.File, lines.Take(1));
        _desk.Open().Dispose();
        Assert.Equal(lines, _desk.Lines());
    }

    [Fact]
    public async Task A_file_that_is_asked_for_later_gets_everything_from_the_beginning()
    {
        await _desk.RecordAsync(2500, new AuditOptions());
        Assert.False(File.Exists(_desk.File));
        await _desk.RecordAsync(1);
        Assert.Equal(_desk.ExpectedLines(), _desk.Lines());
    }

    [Fact]
    public async Task A_file_that_was_rotated_while_no_server_ran_gets_only_what_is_new()
    {
        await _desk.RecordAsync(3);
        File.Move(_desk.File, _desk.File + ".1");
        await _desk.RecordAsync(2);
        Assert.Equal(_desk.ExpectedLines(), (await File.ReadAllLinesAsync(_desk.File + ".1")).Concat(_desk.Lines()));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_is_rotated_while_the_server_runs_is_opened_anew(bool created)
    {
        using var log = _desk.Open();
        await log.RecordAsync(AuditDesk.Entry("old"));
        File.Move(_desk.File, _desk.File + ".1");
        if (created)
            await File.WriteAllTextAsync(_desk.File, "");
        await log.RecordAsync(AuditDesk.Entry("new"));
        Assert.Equal(_desk.ExpectedLines(), (await File.ReadAllLinesAsync(_desk.File + ".1")).Concat(_desk.Lines()));
        Assert.Contains("new", Assert.Single(_desk.Lines()));
    }

    [Fact]
    public async Task A_file_that_is_copied_and_cut_goes_on_from_its_new_end()
    {
        using var log = _desk.Open();
        await log.RecordAsync(AuditDesk.Entry("old"));
        await File.WriteAllTextAsync(_desk.File, "");
        await log.RecordAsync(AuditDesk.Entry("new"));
        Assert.Equal(_desk.ExpectedLines()[1..], _desk.Lines());
    }

    [Fact]
    public async Task Its_end_is_where_the_kernel_finds_it_so_that_a_cut_leaves_no_hole()
    {
        const int AtTheEnd = 0x400;
        using var log = _desk.Open();
        await log.RecordAsync(AuditDesk.Entry());
        var opened = Assert.Single(
            Directory.EnumerateFileSystemEntries("/proc/self/fd"), entry => new FileInfo(entry).LinkTarget == _desk.File);
        var flags = (await File.ReadAllLinesAsync($"/proc/self/fdinfo/{Path.GetFileName(opened)}")).Single(
            line => line.StartsWith("flags:", StringComparison.Ordinal));
        Assert.Equal(AtTheEnd, Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & AtTheEnd);
    }

    [Fact]
    public async Task While_the_file_cannot_be_written_the_rows_are_the_record_and_later_it_catches_up()
    {
        var folder = Path.Combine(Path.GetDirectoryName(_desk.File)!, "logs");
        var options = new AuditOptions { File = Path.Combine(folder, "audit.log") };
        using var log = _desk.Open(options);
        await log.RecordAsync(AuditDesk.Entry("first"));
        Directory.Move(folder, folder + ".away");
        await File.WriteAllTextAsync(folder, "in the way");
        await log.RecordAsync(AuditDesk.Entry("second"));
        File.Delete(folder);
        await log.RecordAsync(AuditDesk.Entry("third"));
        Assert.Equal(
            _desk.ExpectedLines(),
            (await File.ReadAllLinesAsync(Path.Combine(folder + ".away", "audit.log"))).Concat(await File.ReadAllLinesAsync(options.File)));
    }

    [Fact]
    public async Task What_is_not_ours_is_not_cut_off()
    {
        await File.WriteAllTextAsync(_desk.File, "somebody's notes");
        await _desk.RecordAsync(1);
        Assert.Equal(["somebody's notes", .. _desk.ExpectedLines()], _desk.Lines());
    }

    [Fact]
    public async Task It_is_for_the_server_and_its_group()
    {
        await _desk.RecordAsync(1);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(_desk.File));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(AuditStore.PathOf(_desk.Storage)));
    }
}
