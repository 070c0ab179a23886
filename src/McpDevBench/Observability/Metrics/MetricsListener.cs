using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>
/// <c>/metrics</c> on its own port, in Prometheus's text format or in OpenMetrics with exemplars. It answers also while the API's port is
/// overloaded.
/// </summary>
internal sealed partial class MetricsListener(
    MetricsOptions options, MetricCatalogue metrics, RuntimeMeters meters, ILoggerFactory loggers,
    ILogger<MetricsListener> logger) : IHostedService
{
    /// <summary>Adds what checks each request first: who may call is not decided in this room.</summary>
    public Action<IApplicationBuilder>? Gate { get; init; }

    private const string Path = "/metrics";

    private WebApplication? _app;

    /// <summary>Where it can be scraped, once it listens.</summary>
    public string? Url { get; private set; }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = BuildInfo.Name });
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.SetDefaults();
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Listen(options.Host, options.Port);
        });
        _app = builder.Build();
        Gate?.Invoke(_app);
        _app.Use((HttpContext context, RequestDelegate next) => AnswerAsync(context, next));
        _app.UseMetricServer(settings => settings.Registry = metrics.Registry, url: null);
        await _app.StartAsync(cancellationToken);
        meters.Publish();
        Url =
            ((IApplicationBuilder)_app).ApplicationServices.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
                .First() + Path;
        LogListening(Url);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_app is null)
            return;
        await _app.StopAsync(cancellationToken);
        await _app.DisposeAsync();
    }

    /// <summary>GET /metrics only.</summary>
    private static Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path != Path)
            return RejectAsync(context, StatusCodes.Status404NotFound, "Not found. Metrics are at /metrics.\n");
        if (!HttpMethods.IsGet(context.Request.Method))
            return RejectAsync(context, StatusCodes.Status405MethodNotAllowed, "Method not allowed: use GET.\n");
        return next(context);
    }

    private static Task RejectAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    [LoggerMessage(LogLevel.Information, "Metrics listener started")]
    private partial void LogListening(string url);
}
