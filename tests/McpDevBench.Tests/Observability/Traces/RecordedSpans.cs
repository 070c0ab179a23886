using System.Collections.Concurrent;
using System.Diagnostics;
using McpDevBench.Observability.Traces;

namespace McpDevBench.Tests.Observability.Traces;

/// <summary>Tests that listen to spans: one after another, because who listens does so for the whole process.</summary>
[CollectionDefinition(Name)]
public sealed class Listening
{
    public const string Name = "listening to spans";
}

/// <summary>The server's spans, and those of its web server, in traces that a test names; nobody else's.</summary>
internal sealed class RecordedSpans : IDisposable
{
    private const string WebServer = "Microsoft.AspNetCore";

    private readonly ConcurrentDictionary<ActivityTraceId, bool> _traces = new();
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public RecordedSpans()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is Spans.SourceName or WebServer,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => _traces.ContainsKey(options.Parent.TraceId)
                ? ActivitySamplingResult.AllDataAndRecorded
                : ActivitySamplingResult.None,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public IReadOnlyList<Activity> Ended => [.. _ended];

    /// <summary>A client's span that nobody else has.</summary>
    public ActivityContext Client()
    {
        var context = new ActivityContext(
            ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, isRemote: true);
        _traces[context.TraceId] = true;
        return context;
    }

    /// <summary>The one span of ours in a client's trace. It may end a moment after the client has the answer.</summary>
    public Task<Activity> OursAsync(ActivityContext client) => SingleAsync(client, Spans.SourceName);

    /// <summary>As <see cref="OursAsync"/>, the web server's.</summary>
    public Task<Activity> HttpAsync(ActivityContext client) => SingleAsync(client, WebServer);

    public void Dispose() => _listener.Dispose();

    public static string Traceparent(ActivityContext context) => $"00-{context.TraceId}-{context.SpanId}-01";

    private async Task<Activity> SingleAsync(ActivityContext client, string source)
    {
        await Eventually.IsAsync(() => _ended.Any(span => span.TraceId == client.TraceId && span.Source.Name == source));
        return Assert.Single(_ended, span => span.TraceId == client.TraceId && span.Source.Name == source);
    }
}
