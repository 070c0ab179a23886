using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace McpDevBench.EndToEndTests.Product;

/// <summary>What no well-meaning client sends: requests by hand, each with an id to find it by in the log.</summary>
internal sealed partial class RawClient(ServerProcess server)
{
    public const string Revision = "2026-07-28";

    private readonly ConcurrentQueue<string> _errors = new();

    /// <summary>Every answer that was an error, but for the id of the request, which the protocol has to give back.</summary>
    public IReadOnlyCollection<string> Errors => _errors;

    /// <summary>A tool call as the newest revision has it, with arguments and a client's name that are JSON already.</summary>
    public Task<RawAnswer> CallTool(
        string tool, string arguments, string clientName = "\"raw\"", string? correlationId = null,
        params (string Name, string Value)[] headers)
    {
        var meta = $$$"""{"io.modelcontextprotocol/protocolVersion":"{{{Revision}}}","io.modelcontextprotocol/clientInfo":{"name":{{{clientName}}},"version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}""";
        var body = $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{{{arguments}}},"_meta":{{{meta}}}}}""";
        return Post(
            body, correlationId, [("MCP-Protocol-Version", Revision), ("Mcp-Method", "tools/call"), ("Mcp-Name", tool), .. headers]);
    }

    public Task<RawAnswer> Post(string body, string? correlationId = null, params (string Name, string Value)[] headers) =>
        Send(HttpMethod.Post, server.Endpoint, new StringContent(body, Encoding.UTF8, "application/json"), correlationId, headers);

    public async Task<RawAnswer> Send(
        HttpMethod method, Uri address, HttpContent? content = null, string? correlationId = null,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, address) { Content = content };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (correlationId is not null)
            request.Headers.Add("X-Correlation-Id", correlationId);
        foreach (var (name, value) in headers)
        {
            HttpHeaders of = name == "Content-Type" && content is not null ? content.Headers : request.Headers;
            if (name != "Content-Type" || content is not null)
                of.Remove(name);
            of.TryAddWithoutValidation(name, value);
        }
        try
        {
            using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
            var answer = new RawAnswer(
                response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                response.Headers.TryGetValues("X-Correlation-Id", out var ids) ? ids.Single() : null);
            if (!response.IsSuccessStatusCode || answer.Body.Contains("\"error\":", StringComparison.Ordinal))
                _errors.Enqueue(RequestId().Replace(answer.Body, ""));
            return answer;
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException or FormatException)
        {
            return RawAnswer.None; // Not even HTTP, so the client library or the web server would have none of it.
        }
    }

    [GeneratedRegex(@"""id"":""(\\.|[^""\\])*""")]
    private static partial Regex RequestId();
}

/// <param name="CorrelationId">As the response's header has it.</param>
internal sealed record RawAnswer(HttpStatusCode? Status, string Body, string? CorrelationId)
{
    public static RawAnswer None { get; } = new(null, "", null);

    /// <summary>The protocol's message.</summary>
    public JsonNode Message =>
        JsonNode.Parse(
            Body.Split('\n').FirstOrDefault(line => line.StartsWith("data: ", StringComparison.Ordinal))?["data: ".Length..] ?? Body)!;
}
