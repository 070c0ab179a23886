using ModelContextProtocol.Client;

namespace McpDevBench.LoadTests.Load;

/// <summary>Several clients, each with connections of its own that are kept alive.</summary>
internal sealed class ClientPool : IAsyncDisposable
{
    private readonly List<McpClient> _clients = [];
    private readonly List<HttpClient> _connections = [];

    private ClientPool()
    {
    }

    public WireCount Wire { get; } = new();

    public static async Task<ClientPool> ConnectAsync(Uri server, int clients)
    {
        var pool = new ClientPool();
        for (var number = 0; number < clients; number++)
        {
            var http = new HttpClient(pool.Wire.Handler()) { Timeout = Timeout.InfiniteTimeSpan };
            pool._connections.Add(http);
            var transport = new HttpClientTransport(
                new HttpClientTransportOptions { Endpoint = new Uri(server, "/mcp"), TransportMode = HttpTransportMode.StreamableHttp },
                http);
            pool._clients.Add(await McpClient.CreateAsync(transport));
        }
        return pool;
    }

    /// <summary>The clients in turn.</summary>
    public McpClient this[int number] => _clients[number % _clients.Count];

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();
        foreach (var connection in _connections)
            connection.Dispose();
    }
}
