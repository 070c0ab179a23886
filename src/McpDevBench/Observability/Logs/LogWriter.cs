using System.Buffers;
using System.Diagnostics;

namespace McpDevBench.Observability.Logs;

/// <summary>What one line says, before it has a shape.</summary>
internal readonly record struct LogEntry(DateTimeOffset Timestamp, string Level, string Logger, string Message, Exception? Exception, LogFields Fields);

/// <summary>Writes every log line to one stream with one call, at once: no queue that a crash could lose.</summary>
internal sealed class LogWriter(LogOptions options, TimeProvider time, Stream output) : ILoggerProvider, ISupportExternalScope
{
    // A line that needed more is written, but its buffer is not kept.
    private const int KeptBuffer = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static LogFields? _fields;

    private readonly Lock _writing = new();
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    public ILogger CreateLogger(string categoryName) => new CategoryLogger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose() => output.Flush();

    private void Write(LogLevel level, string logger, string message, object? state, Exception? exception)
    {
        var fields = _fields ??= new LogFields();
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(1024);
        fields.Clear();
        buffer.ResetWrittenCount();
        fields.AddAll(state);
        _scopes.ForEachScope(static (scope, fields) => fields.AddScope(scope), fields);
        fields.Add("correlation_id", CorrelationId.Current);
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
        var entry = new LogEntry(time.GetUtcNow(), LevelName(level), logger, message, exception, fields);
        if (options.Json)
            JsonLogLine.Write(entry, buffer);
        else
            TextLogLine.Write(entry, buffer);
        lock (_writing)
            output.Write(buffer.WrittenSpan);
        if (buffer.Capacity > KeptBuffer)
            _buffer = null;
    }

    /// <summary>The least important level at which a category is heard.</summary>
    private LogLevel Threshold(string category)
    {
        if (category.StartsWith("McpDevBench", StringComparison.Ordinal))
            return options.Level;
        // The SDK logs clients' mistakes as errors with a stack. The pipeline counts and logs them in its own line, so these are for debugging only.
        if (category.StartsWith("ModelContextProtocol", StringComparison.Ordinal))
            return options.Level <= LogLevel.Debug ? LogLevel.Information : LogLevel.None;
        // Its mere being enabled costs a scope for each request.
        if (category == "Microsoft.AspNetCore.Hosting.Diagnostics")
            return LogLevel.None;
        return options.Level > LogLevel.Warning ? options.Level : LogLevel.Warning;
    }

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARNING",
        LogLevel.Error => "ERROR",
        _ => "CRITICAL",
    };

    private sealed class CategoryLogger(LogWriter writer, string category) : ILogger
    {
        private readonly LogLevel _threshold = writer.Threshold(category);
        private readonly string _name = LogFields.LoggerName(category);
        private readonly bool _demoted = category.StartsWith("ModelContextProtocol", StringComparison.Ordinal);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => writer._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel >= _threshold && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                writer.Write(_demoted ? LogLevel.Debug : logLevel, _name, formatter(state, exception), state, exception);
        }
    }
}
