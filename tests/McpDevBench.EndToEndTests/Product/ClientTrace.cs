using System.Collections.Concurrent;
using System.Diagnostics;

namespace McpDevBench.EndToEndTests.Product;

/// <summary>The other end of a trace: the official client's own spans, below one that a test begins.</summary>
internal sealed class ClientTrace : IDisposable
{
    private static readonly ActivitySource _source = new("McpDevBench.EndToEndTests");

    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly Activity _root;

    public ClientTrace()
    {
        // Clients of other tests are left alone: only what is below our own span is recorded.
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "McpDevBench.EndToEndTests" or "Experimental.ModelContextProtocol",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.Source == _source
                    || options.Parent.TraceId == _root?.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = activity => _ended.Enqueue(activity),
        };
        ActivitySource.AddActivityListener(_listener);
        _root = _source.StartActivity("story", ActivityKind.Internal, parentContext: default)!;
    }

    public string TraceId => _root.TraceId.ToHexString();

    /// <summary>The ids of the calls that the client made, in their order.</summary>
    public IReadOnlyList<string> SpanIds(string name) =>
        [.. _ended.Where(span => span.DisplayName == name && span.TraceId == _root.TraceId).Select(span => span.SpanId.ToHexString())];

    public void Dispose()
    {
        _root.Dispose();
        _listener.Dispose();
    }
}
