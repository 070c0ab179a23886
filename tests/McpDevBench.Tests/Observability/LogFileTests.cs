using System.Text.Json.Nodes;
using McpDevBench.Observability.Logs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace McpDevBench.Tests.Observability;

public sealed class LogFileTests : IDisposable
{
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = Clocks.Standing();
    private readonly SynchronizedStream _standardError = new();

    private string Path => _folder["logs/server.log"];

    [Fact]
    public void Every_line_goes_to_the_file_as_well_as_to_standard_error()
    {
        using (var writer = Writer(new(Path, 0, TimeSpan.Zero, 7)))
            Log(writer, 100);
        Assert.Equal(100, _standardError.Lines().Count);
        Assert.Equal(_standardError.Lines(), File.ReadAllLines(Path));
        using (var writer = Writer(new(Path, 0, TimeSpan.Zero, 7)))
            Log(writer, 1);
        Assert.Equal(101, File.ReadAllLines(Path).Length);
    }

    [Fact]
    public void A_file_that_is_full_makes_room_and_so_many_are_kept()
    {
        using (var writer = Writer(new(Path, 1000, TimeSpan.Zero, 3)))
            Log(writer, 100);
        Assert.Equal(["server.log", "server.log.1", "server.log.2", "server.log.3"], Names());
        Assert.All(Directory.GetFiles(_folder["logs"]), file => Assert.InRange(new FileInfo(file).Length, 1, 1000));
        // The newest lines are there, whole and in order; what a shipper's pattern finds is the current file alone.
        var kept = new[] { ".3", ".2", ".1", "" }.SelectMany(number => File.ReadAllLines(Path + number)).ToList();
        Assert.Equal(_standardError.Lines().TakeLast(kept.Count), kept);
        Assert.Equal([Path], Directory.GetFiles(_folder["logs"], "*.log"));
    }

    [Fact]
    public void A_file_is_as_old_as_its_first_line_also_across_restarts()
    {
        var options = new LogFileOptions(Path, 0, 24 * _hour, 7);
        using (var writer = Writer(options))
        {
            Log(writer, 1);
            _time.Advance(23 * _hour);
            Log(writer, 1);
        }
        Assert.Equal(["server.log"], Names());
        using (var writer = Writer(options))
        {
            Log(writer, 1);
            _time.Advance(_hour);
            Log(writer, 1);
        }
        Assert.Equal(["server.log", "server.log.1"], Names());
        Assert.Equal((3, 1), (File.ReadAllLines(Path + ".1").Length, File.ReadAllLines(Path).Length));
    }

    [Fact]
    public void Of_fewer_to_keep_the_oldest_go_and_of_none_all()
    {
        using (var writer = Writer(new(Path, 500, TimeSpan.Zero, 5)))
            Log(writer, 50);
        using (var writer = Writer(new(Path, 500, TimeSpan.Zero, 2)))
            Log(writer, 5);
        Assert.Equal(["server.log", "server.log.1", "server.log.2"], Names());
        using (var writer = Writer(new(Path, 500, TimeSpan.Zero, 0)))
            Log(writer, 5);
        Assert.Equal(["server.log"], Names());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void When_somebody_else_moves_or_removes_the_file_a_new_one_begins(bool removed)
    {
        using var writer = Writer(new(Path, 0, TimeSpan.Zero, 7));
        Log(writer, 1);
        if (removed)
            Directory.Delete(_folder["logs"], recursive: true);
        else
            File.Move(Path, Path + "-20260115");
        // Within a second it may go where the file went.
        _time.Advance(TimeSpan.FromSeconds(1));
        Log(writer, 2);
        Assert.Equal(2, File.ReadAllLines(Path).Length);
        Assert.True(removed || File.ReadAllLines(Path + "-20260115").Length == 1);
    }

    [Fact]
    public void When_somebody_else_cuts_the_file_off_there_is_no_hole()
    {
        using var writer = Writer(new(Path, 0, TimeSpan.Zero, 7));
        Log(writer, 10);
        File.WriteAllText(Path, "");
        Log(writer, 1);
        Assert.Equal(_standardError.Lines()[^1], Assert.Single(File.ReadAllLines(Path)));
    }

    [Fact]
    public void Two_servers_may_share_a_file()
    {
        using var one = Writer(new(Path, 0, TimeSpan.Zero, 7));
        using var other = Writer(new(Path, 0, TimeSpan.Zero, 7));
        Parallel.For(0, 200, index => Log(index % 2 == 0 ? one : other, 1));
        Assert.Equal(_standardError.Lines().Order(StringComparer.Ordinal), File.ReadAllLines(Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Of_two_servers_only_one_makes_room()
    {
        var options = new LogFileOptions(Path, 1000, TimeSpan.Zero, 7);
        using var one = Writer(options);
        using var other = Writer(options);
        Log(one, 1);
        Log(other, 5);
        Log(one, 5);
        var before = Names().Length;
        Assert.Equal(2, before);
        Log(other, 1);
        Assert.Equal(before, Names().Length);
    }

    [Fact]
    public void A_file_that_fails_is_told_of_once_and_tried_again_later()
    {
        using var writer = Writer(new(Path, 0, TimeSpan.Zero, 7));
        Log(writer, 1);
        Directory.Delete(_folder["logs"], recursive: true);
        File.WriteAllText(_folder["logs"], "in the way");
        _time.Advance(TimeSpan.FromSeconds(1));
        for (var second = 0; second < 60; second++)
        {
            Log(writer, 1);
            _time.Advance(TimeSpan.FromSeconds(1));
        }
        // Its own line about the failure is one of those that are missing.
        var told = JsonNode.Parse(Assert.Single(_standardError.Lines(), line => line.Contains("cannot be written")))!;
        Assert.Equal(("WARNING", Path), ((string)told["level"]!, (string)told["path"]!));
        Assert.Equal(1 + 60 + 1, _standardError.Lines().Count);

        File.Delete(_folder["logs"]);
        _time.Advance(TimeSpan.FromSeconds(5));
        Log(writer, 1);
        var lines = File.ReadAllLines(Path);
        Assert.Equal(2, lines.Length);
        Assert.Equal(61, (int)JsonNode.Parse(lines[1])!["missed_lines"]!);
        Assert.Equal(lines, _standardError.Lines().TakeLast(2));
    }

    [Fact]
    public void A_full_disk_stops_nobody()
    {
        using var writer = Writer(new("/dev/full", 1, _hour, 7));
        Log(writer, 10);
        Assert.Equal(11, _standardError.Lines().Count);
        Assert.Contains("No space left", Assert.Single(_standardError.Lines(), line => line.Contains("cannot be written")));
    }

    [Fact]
    public void A_standard_error_that_fails_costs_the_file_nothing()
    {
        using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        using var writer = new LogWriter(
            new LogOptions(), _time, new LogOutput(full, new LogFile(new(Path, 0, TimeSpan.Zero, 7), _time), _time));
        Log(writer, 3);
        Assert.Equal(3, File.ReadAllLines(Path).Length);
    }

    [Theory]
    [InlineData("/proc/no-such-folder/server.log")]
    [InlineData("/proc/version/server.log")]
    [InlineData("/proc")]
    [InlineData("/")]
    public void A_file_that_cannot_be_opened_is_one_sentence(string path)
    {
        var settings = new Settings(
            new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["MCP_LOG_FILE"] = path }).Build());
        LogOptions.Read(settings).CheckFile(settings);
        Assert.StartsWith($"MCP_LOG_FILE='{path}' cannot be written (", Assert.Single(settings.Errors));
    }

    [Fact]
    public void A_file_that_can_be_opened_is_left_as_it_was()
    {
        Directory.CreateDirectory(_folder["logs"]);
        File.WriteAllText(Path, "a line\n");
        Assert.Null(LogFile.WhyNot(new(Path, 1, _hour, 7)));
        Assert.Equal(["server.log"], Names());
        Assert.Equal("a line\n", File.ReadAllText(Path));
    }

    [Fact]
    public void Others_than_its_group_do_not_read_it()
    {
        using (var writer = Writer(new(Path, 0, TimeSpan.Zero, 7)))
            Log(writer, 1);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path) & (UnixFileMode.OtherRead | UnixFileMode.OtherWrite));
    }

    public void Dispose() => _folder.Dispose();

    private LogWriter Writer(LogFileOptions file) =>
        new(new LogOptions { File = file }, _time, new LogOutput(_standardError, new LogFile(file, _time), _time));

    private void Log(LogWriter writer, int lines)
    {
        var logger = writer.CreateLogger("McpDevBench.Test");
        for (var line = 0; line < lines; line++)
            logger.Log(LogLevel.Information, default, _standardError, null, (output, _) => $"a line after {output.Length} bytes");
    }

    private string[] Names() =>
        [.. Directory.GetFiles(_folder["logs"]).Select(file => System.IO.Path.GetFileName(file)).Order(StringComparer.Ordinal)];
}
