using System.Collections.Concurrent;

namespace McpDevBench.LoadTests.Load;

/// <summary>
/// Counts requests where they leave the client, by the headers in which the protocol names them: also those that the client makes of its
/// own accord.
/// </summary>
internal sealed class WireCount
{
    private readonly ConcurrentDictionary<string, double> _requests = [];

    /// <summary>Requests by the tool, or by the method of the protocol.</summary>
    public IReadOnlyDictionary<string, double> Now => _requests.ToDictionary();

    public DelegatingHandler Handler() => new Counter(this) { InnerHandler = new SocketsHttpHandler() };

    private void Count(HttpRequestMessage request)
    {
        if (!request.Headers.TryGetValues("Mcp-Method", out var methods))
            return;
        var method = methods.Single();
        if (method == "tools/call")
            method = request.Headers.GetValues("Mcp-Name").Single();
        if (!method.StartsWith("notifications/", StringComparison.Ordinal))
            _requests.AddOrUpdate(method, 1, static (_, times) => times + 1);
    }

    private sealed class Counter(WireCount count) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            count.Count(request);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
