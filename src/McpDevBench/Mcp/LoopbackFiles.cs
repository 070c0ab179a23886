using System.Net;
using System.Security.Cryptography;
using McpDevBench.Access;
using McpDevBench.Calls;
using McpDevBench.Observability;
using McpDevBench.Observability.Metrics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace McpDevBench.Mcp;

/// <summary>
/// The file endpoint of a server on standard input and output: on a free port of the loopback interface, below a path that only its client
/// learns. Before the first call is served.
/// </summary>
internal sealed partial class LoopbackFiles(
    FileEndpoint files, MetricCatalogue metrics, HostDenials denials, ILoggerFactory loggers, ILogger<LoopbackFiles> logger)
    : IHostedService
{
    private const int TokenBytes = 16;

    private WebApplication? _app;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = BuildInfo.Name });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.SetDefaults();
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        _app = builder.Build();
        _app.UseCorrelationIds();
        _app.UseBrowserHeaders();
        _app.UseHttpFailures(metrics.Access);
        _app.UseHostGate(new AccessOptions(), null, metrics.Access, denials.RecordAsync);
        // Also keeps other users of the machine out: they cannot know the path.
        _app.Use((HttpContext context, RequestDelegate next) => EnterAsync(context, next, $"/{token}"));
        _app.UseRouting();
        files.Map(_app);
        try
        {
            await _app.StartAsync(cancellationToken);
        }
        catch (IOException exception)
        {
            LogNotListening(exception);
            return;
        }
        var server = ((IApplicationBuilder)_app).ApplicationServices.GetRequiredService<IServer>();
        var address = server.Features.Get<IServerAddressesFeature>()!.Addresses.First();
        FileAddress.Announce($"{address}/{token}");
        LogListening(address);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        FileAddress.Announce(null);
        if (_app is null)
            return;
        await _app.StopAsync(cancellationToken);
        await _app.DisposeAsync();
    }

    private static Task EnterAsync(HttpContext context, RequestDelegate next, string token)
    {
        if (!context.Request.Path.StartsWithSegments(token, StringComparison.Ordinal, out var rest))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }
        context.Request.Path = rest;
        return next(context);
    }

    [LoggerMessage(LogLevel.Information, "File endpoint listening")]
    private partial void LogListening(string address);

    [LoggerMessage(LogLevel.Warning, "File endpoint cannot listen; files go through the tools alone")]
    private partial void LogNotListening(Exception exception);
}
