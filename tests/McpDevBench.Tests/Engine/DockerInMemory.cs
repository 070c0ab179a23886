using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace McpDevBench.Tests.Engine;

/// <summary>
/// An engine whose containers, volumes and images are entries in memory, behind Docker's own protocol. A test sees every call, and can cut
/// the connection at any of them, as an engine does that is stopped.
/// </summary>
internal sealed partial class DockerInMemory : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> _calls = [];

    public DockerInMemory()
    {
        _listener.Start();
        _ = ListenAsync();
    }

    public string Address => $"tcp://{_listener.LocalEndpoint}";

    /// <summary>By id: what Docker's inspect returns of each.</summary>
    public ConcurrentDictionary<string, JsonObject> Containers { get; } = [];

    /// <summary>By name.</summary>
    public ConcurrentDictionary<string, JsonObject> Volumes { get; } = [];

    /// <summary>Calls so far, by the names that metrics have.</summary>
    public IReadOnlyList<string> Calls => [.. _calls];

    /// <summary>Whether a call is cut off before it does anything.</summary>
    public Func<string, bool> Cuts { get; set; } = static _ => false;

    /// <summary>Of its host.</summary>
    public int Processors { get; init; } = 4;

    /// <summary>Containers of workspaces; not those that only carry files.</summary>
    public IEnumerable<JsonObject> OfWorkspaces =>
        Containers.Values.Where(one => one["Name"]!.GetValue<string>().Contains("/mcp-devbench-c_"));

    public void ForgetCalls() => _calls.Clear();

    public void AddVolume(string name, JsonObject? labels = null) => Volumes[name] = new JsonObject
    {
        ["Name"] = name, ["CreatedAt"] = DateTimeOffset.UtcNow.ToString("O"), ["Labels"] = labels ?? [],
    };

    public void Dispose() => _listener.Dispose();

    private async Task ListenAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var connection = client;
        try
        {
            var stream = client.GetStream();
            var (method, path, query, body) = await ReadAsync(stream);
            var call = NameOf(method, path);
            _calls.Enqueue(call);
            if (Cuts(call))
                return;
            if (call == "attach")
            {
                await AttachAsync(stream, path.Split('/')[1]);
                return;
            }
            var (status, answer) = Answer(call, path, query, body);
            var content = answer is null ? [] : Encoding.UTF8.GetBytes(answer.ToJsonString());
            var head =
                $"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {content.Length}\r\nConnection: close\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head));
            if (method != "HEAD")
                await stream.WriteAsync(content);
            client.Client.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(Stream.Null);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The server has ended the connection.
        }
    }

    private static async Task<(string Method, string Path, string Query, byte[] Body)> ReadAsync(NetworkStream stream)
    {
        var head = await LinesAsync(stream);
        var (method, target) = (head[0].Split(' ')[0], head[0].Split(' ')[1]);
        var length = Field(head, "Content-Length") is { } text ? int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 0;
        var body = new byte[length];
        await stream.ReadExactlyAsync(body);
        if (Field(head, "Transfer-Encoding") == "chunked")
            body = await ChunksAsync(stream);
        var (path, query) = target.Split('?') is [var before, var after] ? (before, after) : (target, "");
        // Without the version, which comes first.
        var parts = path.TrimStart('/').Split('/', 2);
        return (method, parts[0].StartsWith('v') && parts.Length == 2
            && parts[0].Contains('.') ? parts[1] : path.TrimStart('/'), query, body);
    }

    private static async Task<List<string>> LinesAsync(NetworkStream stream)
    {
        var lines = new List<string>();
        for (var line = await LineAsync(stream); line.Length > 0; line = await LineAsync(stream))
            lines.Add(line);
        return lines;
    }

    private static async Task<string> LineAsync(NetworkStream stream)
    {
        var line = new StringBuilder();
        var next = new byte[1];
        while (true)
        {
            await stream.ReadExactlyAsync(next);
            if (next[0] == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append((char)next[0]);
        }
    }

    private static async Task<byte[]> ChunksAsync(NetworkStream stream)
    {
        var body = new MemoryStream();
        while (Convert.ToInt32(await LineAsync(stream), 16) is > 0 and var length)
        {
            var chunk = new byte[length];
            await stream.ReadExactlyAsync(chunk);
            body.Write(chunk);
            await LineAsync(stream);
        }
        await LineAsync(stream);
        return body.ToArray();
    }

    private static string? Field(List<string> head, string name) =>
        head.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}
