using System.Globalization;

namespace McpDevBench.Observability.Logs;

/// <summary>
/// The log file. When it is full or old it becomes <c>.1</c>, the one before it <c>.2</c>, and so on: a shipper's <c>*.log</c> does not
/// match these names, so no line is shipped twice. When the file is renamed or removed, the next line begins a new one.
/// </summary>
internal sealed class LogFile(LogFileOptions options, TimeProvider time) : IDisposable
{
    /// <summary>How often the path is checked to lead to the open file. Lines in between go to the renamed file.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private AppendFile? _file;
    private DateTimeOffset _began;
    private long _lookedAt;

    /// <exception cref="IOException">It cannot be written; nothing of the line is in it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Write(ReadOnlySpan<byte> line, DateTimeOffset now)
    {
        var file = Current(now);
        var length = file.Length;
        if (length > 0 && IsDue(length + line.Length, now))
        {
            // Another server, or a person, may have been faster.
            if (file.IsStillAt(options.Path))
                Rotate();
            file = Open(now);
            length = file.Length;
        }
        file.Append(line, length);
    }

    /// <summary>Tries what the first line will need.</summary>
    /// <returns>Why it cannot be done, or null.</returns>
    public static string? WhyNot(LogFileOptions options)
    {
        try
        {
            Directory.CreateDirectory(options.Folder);
            using var file = AppendFile.Open(options.Path);
            if (file.IsRegular && options.IsRotated)
                File.Create(Rotated(options, 0), 1, FileOptions.DeleteOnClose).Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    public void Dispose() => Close();

    private AppendFile Current(DateTimeOffset now)
    {
        if (_file is not null && time.GetElapsedTime(_lookedAt) < LookEvery)
            return _file;
        _lookedAt = time.GetTimestamp();
        return _file is not null && _file.IsStillAt(options.Path) ? _file : Open(now);
    }

    private AppendFile Open(DateTimeOffset now)
    {
        Close();
        Directory.CreateDirectory(options.Folder);
        _file = AppendFile.Open(options.Path);
        _began = BeginningOf(_file) ?? now;
        return _file;
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    private bool IsDue(long length, DateTimeOffset now) =>
        (options.MaxBytes > 0 && length > options.MaxBytes) || (options.MaxAge > TimeSpan.Zero && now - _began >= options.MaxAge);

    private void Rotate()
    {
        for (var number = options.Keep; number > 0; number--)
        {
            var younger = number == 1 ? options.Path : Rotated(options, number - 1);
            if (File.Exists(younger))
                File.Move(younger, Rotated(options, number), overwrite: true);
        }
        if (options.Keep == 0)
            File.Delete(options.Path);
        // Of a time when more were kept.
        for (var number = options.Keep + 1; File.Exists(Rotated(options, number)); number++)
            File.Delete(Rotated(options, number));
    }

    /// <summary>A file is as old as its first line, also when another server wrote it.</summary>
    private static DateTimeOffset? BeginningOf(AppendFile file)
    {
        const string json = "{\"timestamp\":\"";
        var line = file.IsRegular ? file.Beginning(json.Length + Timestamps.Length) : "";
        var text = line.StartsWith(json, StringComparison.Ordinal) ? line[json.Length..] : line[..Math.Min(
            line.Length, Timestamps.Length)];
        return DateTimeOffset.TryParseExact(
            text, Timestamps.Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var began) ? began : null;
    }

    private static string Rotated(LogFileOptions options, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{options.Path}.{number}");
}
