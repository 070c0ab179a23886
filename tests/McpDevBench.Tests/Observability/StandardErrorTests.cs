using System.Runtime.InteropServices;
using System.Text;
using McpDevBench.Observability.Logs;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace McpDevBench.Tests.Observability;

/// <summary>With a real pipe.</summary>
public sealed partial class StandardErrorTests : IDisposable
{
    private readonly FileStream _reader;
    private readonly SafeFileHandle _writer;
    private readonly StandardError _standardError;

    public StandardErrorTests()
    {
        var ends = new int[2];
        Assert.Equal(0, Pipe(ends));
        _reader = new FileStream(new SafeFileHandle(ends[0], ownsHandle: true), FileAccess.Read, bufferSize: 0);
        _writer = new SafeFileHandle(ends[1], ownsHandle: true);
        _standardError = new StandardError(ends[1]);
    }

    [Fact]
    public async Task A_pipe_that_nobody_reads_stops_nobody_and_what_is_missing_is_said_when_somebody_does()
    {
        const int lines = 5000;
        using var writer = Writer();
        var logger = writer.CreateLogger("McpDevBench.Test");
        // One wait of a second, and not one for each line.
        await Task.Run(() => Log(logger, lines)).WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);

        var read = new List<string>();
        var reading = ReadAsync(read);
        await Eventually.IsAsync(() => Count(read, "") >= 200);
        Log(logger, 1);
        await Eventually.IsAsync(() => Count(read, "log lines were dropped") > 0);
        _writer.Dispose();
        await reading;
        var told = Assert.Single(read, line => line.Contains("log lines were dropped"));
        var missed = int.Parse(told.Split("missed_lines=")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(lines + 1, missed + read.Count(line => line.Contains("a line of the log")));
        Assert.All(
            read, line => Assert.True(line.Contains("log lines were dropped") || line.EndsWith("its end", StringComparison.Ordinal), line));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(4096)]
    [InlineData(5000)]
    [InlineData(200_000)]
    public async Task No_line_is_cut_however_long_it_is(int length)
    {
        var line = Encoding.ASCII.GetBytes(new string('a', length - 1) + "\n");
        var taken = 0;
        await Task.Run(() =>
        {
            for (var number = 0; number < 2000; number++)
                taken += IsTaken(line) ? 1 : 0;
        }, TestContext.Current.CancellationToken).WaitAsync(Eventually.Timeout, TestContext.Current.CancellationToken);
        Assert.InRange(taken, 1, 1999);

        var read = new List<string>();
        var reading = ReadAsync(read);
        // What was left of the last line goes before the next.
        var last = Encoding.ASCII.GetBytes("the last\n");
        await Eventually.IsAsync(() => IsTaken(last));
        _writer.Dispose();
        await reading;
        Assert.Equal("the last", read[^1]);
        Assert.Equal(taken, read.Count - 1);
        Assert.All(read.SkipLast(1), text => Assert.Equal(length - 1, text.Length));
    }

    [Fact]
    public void A_pipe_whose_reader_has_gone_is_no_reason_to_wait()
    {
        _reader.Dispose();
        Assert.Throws<IOException>(() => _standardError.Write("a line\n"u8));
        using var writer = Writer();
        Log(writer.CreateLogger("McpDevBench.Test"), 10);
    }

    public void Dispose()
    {
        _standardError.Dispose();
        _reader.Dispose();
        _writer.Dispose();
    }

    private LogWriter Writer() =>
        new(new LogOptions { Json = false }, Clocks.Standing(), new LogOutput(_standardError, null, Clocks.Standing()));

    private bool IsTaken(byte[] line)
    {
        try
        {
            _standardError.Write(line);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static void Log(ILogger logger, int lines)
    {
        for (var line = 0; line < lines; line++)
            logger.Log(LogLevel.Information, default, line, null, (number, _) => $"a line of the log, number {number}, and its end");
    }

    private Task ReadAsync(List<string> lines) => Task.Run(() =>
    {
        using var text = new StreamReader(_reader);
        while (text.ReadLine() is { } line)
        {
            lock (lines)
                lines.Add(line);
        }
    });

    private static int Count(List<string> lines, string words)
    {
        lock (lines)
            return lines.Count(line => line.Contains(words));
    }

    [LibraryImport("libc", EntryPoint = "pipe")]
    private static partial int Pipe([Out] int[] ends);
}
