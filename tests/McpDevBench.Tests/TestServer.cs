using McpDevBench.Observability.Logs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Server;

namespace McpDevBench.Tests;

/// <summary>The product's own HTTP pipeline in this process, on a free port of the loopback interface.</summary>
internal sealed class TestServer : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly WebApplication _app;

    private TestServer(Dictionary<string, string?>? settings, Func<DevBenchOptions, Stream, WebApplication> create)
    {
        settings ??= [];
        settings["MCP_PORT"] = "0";
        settings.TryAdd("MCP_STATE_DB", _folder["state.db"]);
        var read = new Settings(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
        var options = DevBenchOptions.Read(read);
        Assert.Empty(read.Errors);
        _app = create(options, Log);
    }

    /// <summary>The log's bytes.</summary>
    public SynchronizedStream Log { get; } = new();

    public IServiceProvider Services => _app.Services;

    public HttpClient Client { get; private set; } = new();

    /// <summary>Everything, not started: for what is registered.</summary>
    public static TestServer Whole(Dictionary<string, string?>? settings = null)
    {
        settings ??= [];
        // Its log goes to the standard error of the tests.
        settings.TryAdd("MCP_LOG_LEVEL", "CRITICAL");
        return new(settings, (options, _) => DevBenchServer.CreateHttp(options));
    }

    /// <summary>The pipeline around a few tools, listening.</summary>
    public static Task<TestServer> StartAsync(Dictionary<string, string?>? settings = null, params McpServerTool[] tools) =>
        StartAsync(settings, contract => contract.WithTools(tools));

    /// <summary>The pipeline around what is not only tools, listening.</summary>
    public static async Task<TestServer> StartAsync(Dictionary<string, string?>? settings, Action<IMcpServerBuilder> contract)
    {
        var server = new TestServer(settings, (options, log) =>
        {
            var builder = DevBenchServer.CreateHttpBuilder(options);
            contract(DevBenchServer.AddPipeline(builder.Services, options).WithHttpTransport());
            builder.Services.RemoveAll<ILoggerProvider>();
            builder.Services.AddSingleton<ILoggerProvider>(
                new LogWriter(options.Log, TimeProvider.System, new LogOutput(log, null, TimeProvider.System)));
            var app = builder.Build();
            DevBenchServer.MapEndpoints(app, options);
            return app;
        });
        await server._app.StartAsync();
        var address = server._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        server.Client = new HttpClient { BaseAddress = new Uri(address) };
        return server;
    }

    public void Dispose()
    {
        Client.Dispose();
        ((IDisposable)_app).Dispose();
        _folder.Dispose();
    }
}

/// <summary>A stream that many threads write to and a test reads from.</summary>
internal sealed class SynchronizedStream : MemoryStream
{
    private readonly Lock _lock = new();

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        lock (_lock)
            base.Write(buffer);
    }

    public IReadOnlyList<string> Lines()
    {
        lock (_lock)
            return System.Text.Encoding.UTF8.GetString(ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
