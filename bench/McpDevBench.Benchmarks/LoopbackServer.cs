using System.Net.Http.Headers;
using System.Text;
using McpDevBench.Observability.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace McpDevBench.Benchmarks;

/// <summary>The product's own HTTP pipeline in this process, around one tool, and a client that keeps its connection.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private static readonly byte[] _body = Encoding.UTF8.GetBytes(
        $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"exec","arguments":{{{Probe.Arguments}}}}}""");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("devbench-");
    private readonly WebApplication _app;
    private readonly HttpClient _client = new();

    private LoopbackServer(IEnumerable<(string Name, string Value)> settings)
    {
        var options = Product.Options([.. settings, ("MCP_PORT", "0"), ("MCP_STATE_DB", Path.Combine(_folder.FullName, "state.db"))]);
        var builder = DevBenchServer.CreateHttpBuilder(options);
        Product.AddPipeline(builder.Services, options).WithHttpTransport().WithTools([new Probe()]);
        _app = builder.Build();
        DevBenchServer.MapEndpoints(_app, options);
        // What the listener on /metrics brings along.
        if (options.Metrics.Enabled)
            _app.Services.GetRequiredService<RuntimeMeters>().Publish();
        _client.DefaultRequestHeaders.Accept.ParseAdd("application/json, text/event-stream");
    }

    public static async Task<LoopbackServer> StartAsync(params IEnumerable<(string Name, string Value)> settings)
    {
        var server = new LoopbackServer(settings);
        await server._app.StartAsync();
        server._client.BaseAddress = AddressOf(server._app);
        return await server.CallAsync() is var answer
           
               
                   
                        && answer.Contains("42 passed", StringComparison.Ordinal)
                            ? server
                            : throw new InvalidOperationException($"The call was answered with {answer}");
    }

    public static Uri AddressOf(WebApplication app) =>
        new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public async Task<string> CallAsync()
    {
        using var content = new ByteArrayContent(_body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var answer = await _client.PostAsync(new Uri("/mcp", UriKind.Relative), content);
        return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
