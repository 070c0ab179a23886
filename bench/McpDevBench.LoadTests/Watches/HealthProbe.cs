using System.Collections.Concurrent;
using System.Net;

namespace McpDevBench.LoadTests.Watches;

/// <param name="Ready">Whether the server said so.</param>
/// <param name="Took">Until its answer: the way there and back, and next to no work.</param>
internal readonly record struct Probe(bool Ready, TimeSpan Took);

/// <summary>Asks whether the server is ready, as a load balancer does. No answer in time is a no.</summary>
internal sealed class HealthProbe(Uri server, TimeProvider time) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = server, Timeout = TimeSpan.FromSeconds(1) };
    private readonly ConcurrentQueue<Probe> _probes = [];

    public IReadOnlyCollection<Probe> Probes => _probes;

    public async Task AskAsync()
    {
        var asked = time.GetTimestamp();
        var ready = await IsReadyAsync();
        _probes.Enqueue(new Probe(ready, time.GetElapsedTime(asked)));
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }
}
