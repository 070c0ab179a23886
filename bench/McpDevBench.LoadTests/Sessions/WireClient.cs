using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace McpDevBench.LoadTests.Sessions;

/// <summary>What the answers of one kind of request weigh.</summary>
internal sealed class Weight
{
    public int Requests { get; set; }

    /// <summary>Bytes of response bodies, progress notifications included.</summary>
    public long Bytes { get; set; }

    /// <summary>Bytes of the text that a client may show its model.</summary>
    public long TextBytes { get; set; }
}

/// <summary>Calls tools as a client does, with a progress token, and weighs every response body as it comes over the wire.</summary>
internal sealed class WireClient(Uri endpoint) : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromMinutes(2) };
    private int _id;

    /// <summary>By tool, or by method of the protocol.</summary>
    public SortedDictionary<string, Weight> Weights { get; } = new(StringComparer.Ordinal);

    public Task<JsonObject> ListToolsAsync() => RequestAsync("tools/list", "tools/list", []);

    /// <returns>The tool's result, also when it is an error.</returns>
    public Task<JsonObject> CallAsync(string tool, JsonObject arguments) => RequestAsync("tools/call", tool, new JsonObject
    {
        ["name"] = tool,
        ["arguments"] = arguments,
        ["_meta"] = new JsonObject { ["progressToken"] = _id + 1 },
    });

    public void Dispose() => _http.Dispose();

    private async Task<JsonObject> RequestAsync(string method, string kind, JsonObject parameters)
    {
        var message = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = ++_id, ["method"] = method, ["params"] = parameters };
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new StringContent(message.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        request.Headers.Add("MCP-Protocol-Version", "2025-11-25");
        using var response = await _http.SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{kind}: {(int)response.StatusCode} {Encoding.UTF8.GetString(body)}");
        var answer = Messages(Encoding.UTF8.GetString(body)).Single(candidate => (int?)candidate["id"] == _id);
        var result = answer["result"] as JsonObject ?? throw new InvalidOperationException($"{kind}: {answer["error"]?.ToJsonString()}");
        var weight = Weights.TryGetValue(kind, out var known) ? known : Weights[kind] = new Weight();
        weight.Requests++;
        weight.Bytes += body.Length;
        weight.TextBytes += (result["content"] as JsonArray ?? []).Sum(block => Encoding.UTF8.GetByteCount((string?)block!["text"] ?? ""));
        return result;
    }

    /// <summary>A response is one JSON message, or an event stream of several.</summary>
    private static IEnumerable<JsonObject> Messages(string body)
    {
        if (body.StartsWith('{'))
            return [JsonNode.Parse(body)!.AsObject()];
        return body.Split('\n').Where(line => line.StartsWith("data:", StringComparison.Ordinal) && line.Length > "data: ".Length)
            .Select(line => JsonNode.Parse(line["data:".Length..])!.AsObject());
    }
}
