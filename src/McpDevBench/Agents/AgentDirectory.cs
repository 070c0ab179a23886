using System.Collections.Concurrent;
using McpDevBench.AgentProtocol;
using McpDevBench.Engine;
using McpDevBench.Observability.Metrics;

namespace McpDevBench.Agents;

/// <summary>Every agent that the server is tied to, by Docker's id of its container.</summary>
internal sealed class AgentDirectory(EngineStreams streams, EngineContainers containers, MetricCatalogue metrics, TimeProvider time, ILogger<AgentDirectory> logger) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, AgentLink> _links = [];

    public EngineStreams Streams => streams;

    public EngineContainers Containers => containers;

    public AgentMetrics Metrics => metrics.Agents;

    public TimeProvider Time => time;

    public ILogger Logger => logger;

    /// <summary>Our version, for the hello.</summary>
    public string Build { get; } = typeof(AgentDirectory).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Hears what agents say. Set once, before the first link.</summary>
    public AgentListener Listener { get; set; } = null!;

    public int Connected => _links.Values.Count(link => link.IsConnected);

    public int Count => _links.Count;

    /// <summary>Starts a container with a stream to its agent already in place.</summary>
    public async Task<AgentLink> OpenAsync(string dockerId, byte[] secret, Func<CancellationToken, Task> start, CancellationToken cancellationToken)
    {
        var link = new AgentLink(this, dockerId, secret);
        await link.OpenAsync(start, cancellationToken);
        _links[dockerId] = link;
        return link;
    }

    /// <summary>Takes up the tie to a running container, in the background. Does nothing if there is one.</summary>
    public void Resume(string dockerId, byte[] secret)
    {
        var link = new AgentLink(this, dockerId, secret);
        if (_links.TryAdd(dockerId, link))
            link.Resume();
    }

    public AgentLink? TryGet(string dockerId) => _links.GetValueOrDefault(dockerId);

    /// <exception cref="RefusalException">workspace_lost: the server has no tie to that container.</exception>
    public AgentLink Get(string dockerId) => _links.TryGetValue(dockerId, out var link) ? link : throw AgentRefusals.WorkspaceLost();

    /// <summary>What a container uses. Null without an answer in time, and from an agent of an older build, which does not know the question.</summary>
    public async Task<ResourceUse?> UseAsync(string dockerId, TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience, time);
        try
        {
            var connection = await Get(dockerId).ConnectionAsync(deadline.Token);
            var call = connection.Call(Opcode.Usage, static _ => { });
            try
            {
                var usage = await call.AnswerAsync(ContainerUsage.Read, deadline.Token);
                return new ResourceUse(usage.MemoryBytes, usage.CpuMicroseconds / 1e6);
            }
            finally
            {
                call.Abandon();
            }
        }
        catch (Exception e) when (e is RefusalException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>The container is gone: ends the tie, and whoever waits for it is told.</summary>
    public async Task LoseAsync(string dockerId)
    {
        if (_links.TryRemove(dockerId, out var link))
        {
            await link.DisposeAsync();
            Listener.Lost(link);
        }
    }

    /// <summary>Ends the tie; the container is left alone.</summary>
    public async Task ForgetAsync(string dockerId)
    {
        if (_links.TryRemove(dockerId, out var link))
            await link.DisposeAsync();
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_links.Keys.Select(ForgetAsync));
}
