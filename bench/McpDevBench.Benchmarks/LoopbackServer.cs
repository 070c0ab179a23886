using System.Net.Http.Headers;
using System.Text;
using McpDevBench.Observability.Logs;
using McpDevBench.Observability.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace McpDevBench.Benchmarks;

/// <summary>The product's own HTTP pipeline in this process, around one tool, and a client that keeps its connection. The log goes nowhere.</summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private static readonly byte[] _body = Encoding.UTF8.GetBytes($$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"exec","arguments":{{{Probe.Arguments}}}}}""");

    private readonly WebApplication _app;
    private readonly HttpClient _client;

    private LoopbackServer(WebApplication app)
    {
        _app = app;
        _client = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()) };
        _client.DefaultRequestHeaders.Accept.ParseAdd("application/json, text/event-stream");
    }

    public static async Task<LoopbackServer> StartAsync(Dictionary<string, string?> settings)
    {
        settings["MCP_PORT"] = "0";
        var options = DevBenchOptions.Read(new Settings(new ConfigurationBuilder().AddInMemoryCollection(settings).Build()));
        var builder = DevBenchServer.CreateHttpBuilder(options);
        DevBenchServer.AddPipeline(builder.Services, options).WithHttpTransport().WithTools([new Probe()]);
        builder.Services.RemoveAll<ILoggerProvider>();
        builder.Services.AddSingleton<ILoggerProvider>(new LogWriter(options.Log, TimeProvider.System, new LogOutput(Stream.Null, null, TimeProvider.System)));
        builder.Services.AddSingleton<RuntimeMeters>();
        var app = builder.Build();
        DevBenchServer.MapEndpoints(app, options);
        await app.StartAsync();
        // What a listener on /metrics brings along.
        if (options.Metrics.Enabled)
            app.Services.GetRequiredService<RuntimeMeters>().Publish();
        var server = new LoopbackServer(app);
        if (await server.CallAsync() is var answer && !answer.Contains("42 passed", StringComparison.Ordinal))
            throw new InvalidOperationException($"The call was answered with {answer}");
        return server;
    }

    public async Task<string> CallAsync()
    {
        using var content = new ByteArrayContent(_body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        using var answer = await _client.PostAsync(new Uri("/mcp", UriKind.Relative), content);
        return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }
}
