using McpDevBench.Observability.Secrets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace McpDevBench.Tests.Observability;

/// <summary>Redaction as it is registered, seen by a log provider that is not ours.</summary>
public sealed partial class LogRedactionTests
{
    [Fact]
    public void A_value_in_somebody_elses_words_has_lost_its_secrets_before_any_provider_sees_it()
    {
        using var server = TestServer.Whole();
        var provider = new Remembering();
        using var loggers = server.Services.GetRequiredService<ILoggerFactory>();
        loggers.AddProvider(provider);
        LogSaid(loggers.CreateLogger("test"), "exec", "asked with PASSWORD=hunter2", "PASSWORD=mine");
        Assert.Equal("asked with PASSWORD=[REDACTED]", provider.Fields["reason"]);
        Assert.Equal(("exec", "PASSWORD=mine"), (provider.Fields["tool"], provider.Fields["ours"]));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Somebody said something")]
    private static partial void LogSaid(ILogger logger, string tool, [Untrusted] string reason, string ours);

    private sealed class Remembering : ILoggerProvider, ILogger
    {
        public Dictionary<string, object?> Fields { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            foreach (var (name, value) in (IEnumerable<KeyValuePair<string, object?>>)state!)
                Fields[name] = value?.ToString();
        }

        public void Dispose()
        {
        }
    }
}
