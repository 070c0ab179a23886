using System.Collections.Concurrent;
using McpDevBench.Agents;
using Microsoft.Extensions.Logging;

namespace McpDevBench.Tests.Agents;

/// <summary>Waits for a sentence in the log, and tells the reason that came with it.</summary>
internal sealed class SentenceLog : ILogger<AgentDirectory>
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<string>> _seen = [];

    public Task<string> Reason(string sentence) => _seen.GetOrAdd(sentence, static _ => new()).Task.WaitAsync(_patience);

    public bool IsEnabled(LogLevel logLevel) => true;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var reason = (state as LoggerMessageState)?.ClassifiedTagArray.FirstOrDefault(tag => tag.Name == "reason").Value as string;
        _seen.GetOrAdd(formatter(state, exception), static _ => new()).TrySetResult(reason ?? "");
    }
}
