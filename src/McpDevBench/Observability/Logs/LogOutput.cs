namespace McpDevBench.Observability.Logs;

/// <summary>A change of the log file's state.</summary>
/// <param name="Failure">Why it fails; null when it is writable again.</param>
/// <param name="MissedLines">How many have gone to standard error only.</param>
internal readonly record struct LogFileNews(string? Failure, long MissedLines);

/// <summary>Changes in the state of the outputs, to be logged.</summary>
/// <param name="MissedOnStandardError">Lines that standard error did not take, now that it takes them again.</param>
internal readonly record struct LogNews(long MissedOnStandardError, LogFileNews? File);

/// <summary>
/// Writes each line to standard error, and to the file if there is one. A failure is counted and never reaches the caller.
/// </summary>
internal sealed class LogOutput(Stream standardError, LogFile? file, TimeProvider time) : IDisposable
{
    /// <summary>How long a file that failed is not tried again.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private readonly Lock _writing = new();
    private long? _failedAt;
    private long _missed, _missedOnStandardError;

    public LogNews Write(ReadOnlySpan<byte> line, DateTimeOffset now)
    {
        lock (_writing)
            return new(WriteToStandardError(line), file is null ? null : WriteToFile(file, line, now));
    }

    public void Dispose()
    {
        lock (_writing)
        {
            standardError.Flush();
            file?.Dispose();
        }
    }

    /// <returns>How many lines were missed before this one, if it was taken.</returns>
    private long WriteToStandardError(ReadOnlySpan<byte> line)
    {
        try
        {
            standardError.Write(line);
            var missed = _missedOnStandardError;
            _missedOnStandardError = 0;
            return missed;
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
            // Not read, a full disk, or closed: logged when it is writable again.
            _missedOnStandardError++;
            return 0;
        }
    }

    private LogFileNews? WriteToFile(LogFile file, ReadOnlySpan<byte> line, DateTimeOffset now)
    {
        if (_failedAt is { } failedAt && time.GetElapsedTime(failedAt) < Timeout)
        {
            _missed++;
            return null;
        }
        var failed = _failedAt is not null;
        try
        {
            file.Write(line, now);
            var missed = _missed;
            (_failedAt, _missed) = (null, 0);
            return failed ? new LogFileNews(null, missed) : null;
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
            _failedAt = time.GetTimestamp();
            _missed++;
            return failed ? null : new LogFileNews(e.Message, _missed);
        }
    }

    /// <summary>Includes the exception of the library for a file that cannot grow.</summary>
    private static bool IsOfTheDisk(Exception exception) =>
        exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;
}
