namespace McpDevBench.Observability.Logs;

/// <summary>The log file has begun to fail, or takes lines again.</summary>
/// <param name="Failure">Why it fails; null when it takes lines again.</param>
/// <param name="MissedLines">How many have gone to standard error only.</param>
internal readonly record struct LogFileNews(string? Failure, long MissedLines);

/// <summary>Where lines go, each with one write: to standard error always, and to the file if there is one. What cannot be written stops nobody.</summary>
internal sealed class LogOutput(Stream standardError, LogFile? file, TimeProvider time) : IDisposable
{
    /// <summary>A file that failed is left alone so long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _writing = new();
    private long? _failedAt;
    private long _missed;

    /// <returns>What there is to tell about the file.</returns>
    public LogFileNews? Write(ReadOnlySpan<byte> line, DateTimeOffset now)
    {
        lock (_writing)
        {
            WriteToStandardError(line);
            return file is null ? null : WriteToFile(file, line, now);
        }
    }

    public void Dispose()
    {
        lock (_writing)
        {
            standardError.Flush();
            file?.Dispose();
        }
    }

    private void WriteToStandardError(ReadOnlySpan<byte> line)
    {
        try
        {
            standardError.Write(line);
        }
        catch (Exception e) when (IsOfTheDisk(e))
        {
            // It leads to a full disk, or nowhere. There is no place left to say so, and the caller has better things to do than to fail.
        }
    }

    private LogFileNews? WriteToFile(LogFile file, ReadOnlySpan<byte> line, DateTimeOffset now)
    {
        if (_failedAt is { } failedAt && time.GetElapsedTime(failedAt) < Patience)
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

    /// <summary>The last one is what the library makes of a file that may not grow.</summary>
    private static bool IsOfTheDisk(Exception exception) => exception is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;
}
