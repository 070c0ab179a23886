using System.Buffers;
using System.Diagnostics;

namespace McpDevBench.Observability.Logs;

/// <summary>Writes every log line at once, without a queue that a crash could lose.</summary>
internal sealed partial class LogWriter(LogOptions options, TimeProvider time, LogOutput output) : ILoggerProvider, ISupportExternalScope
{
    // A line that needed more is written, but its buffer is not kept.
    private const int KeptBuffer = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static LogFields? _fields;

    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    /// <summary>To standard error, and to the file if there is to be one.</summary>
    public static LogWriter Create(LogOptions options, TimeProvider time) =>
        new(options, time, new LogOutput(new StandardError(), options.File is null ? null : new LogFile(options.File, time), time));

    public ILogger CreateLogger(string categoryName) => new CategoryLogger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose() => output.Dispose();

    private void Write(LogLevel level, string logger, string message, object? state, Exception? exception)
    {
        var fields = _fields ??= new LogFields();
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1024);
        fields.Clear();
        buffer.ResetWrittenCount();
        fields.AddAll(state);
        _scopes.ForEachScope(static (scope, fields) => fields.AddScope(scope), fields);
        AddSurroundings(fields);
        var entry = new LogEntry(
            time.GetUtcNow(), LogEntry.LevelName(level), logger, LogText.Clean(message),
            exception is null ? null : LogText.Clean(exception.ToString()), fields);
        if (options.Json)
            JsonLogLine.Write(entry, buffer);
        else
            TextLogLine.Write(entry, buffer);
        var news = output.Write(buffer.WrittenSpan, entry.Timestamp);
        if (buffer.Capacity > KeptBuffer)
            _buffer = null;
        if (news != default)
            Report(news);
    }

    /// <summary>Adds the facts of the current call.</summary>
    private static void AddSurroundings(LogFields fields)
    {
        fields.Add(CorrelationId.Field, CorrelationId.Current);
        if (CallFacts.Current is { } facts)
        {
            fields.Add("container_id", facts.ContainerId);
            fields.Add("exec_id", facts.ExecId);
            fields.Add("image", facts.Image);
            fields.Add("client_name", facts.ClientName);
            fields.Add("session_id", facts.SessionId);
            fields.Add("principal", facts.Principal);
        }
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            fields.Add("trace_id", activity.TraceId.ToHexString());
            fields.Add("span_id", activity.SpanId.ToHexString());
        }
    }

    private void Report(LogNews news)
    {
        if (news.MissedOnStandardError > 0)
            LogRead(CreateLogger(typeof(StandardError).FullName!), news.MissedOnStandardError);
        if (news.File is not { } file)
            return;
        var logger = CreateLogger(typeof(LogFile).FullName!);
        if (file.Failure is { } reason)
            LogUnwritable(logger, options.File!.Path, reason);
        else
            LogWritable(logger, options.File!.Path, file.MissedLines);
    }

    /// <summary>The minimum level of a category.</summary>
    private LogLevel Threshold(string category)
    {
        if (category.StartsWith("McpDevBench", StringComparison.Ordinal))
            return options.Level;
        // The SDK logs clients' mistakes as errors with a stack. The pipeline counts and logs them in its own line, so these are for
        // debugging only.
        if (category.StartsWith("ModelContextProtocol", StringComparison.Ordinal))
            return options.Level <= LogLevel.Debug ? LogLevel.Information : LogLevel.None;
        // Its mere being enabled costs a scope for each request.
        if (category == "Microsoft.AspNetCore.Hosting.Diagnostics")
            return LogLevel.None;
        return options.Level > LogLevel.Warning ? options.Level : LogLevel.Warning;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "stderr is writable again; log lines were dropped")]
    private static partial void LogRead(ILogger logger, long missedLines);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The log file cannot be written; until it can, lines go to standard error only")]
    private static partial void LogUnwritable(ILogger logger, string path, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The log file is written again")]
    private static partial void LogWritable(ILogger logger, string path, long missedLines);

    private sealed class CategoryLogger(LogWriter writer, string category) : ILogger
    {
        private readonly LogLevel _threshold = writer.Threshold(category);
        private readonly string _name = LogFields.LoggerName(category);
        private readonly bool _demoted = category.StartsWith("ModelContextProtocol", StringComparison.Ordinal);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => writer._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= _threshold && logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                writer.Write(_demoted ? LogLevel.Debug : logLevel, _name, formatter(state, exception), state, exception);
        }
    }
}
