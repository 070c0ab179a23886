using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>
/// <c>/metrics</c> on a port of its own, in Prometheus's text format or, for those who accept it, in OpenMetrics with exemplars. Whatever happens to the API's port, this one answers.
/// </summary>
internal sealed partial class MetricsListener(MetricsOptions options, MetricCatalogue metrics, RuntimeMeters meters, ILoggerFactory loggers, ILogger<MetricsListener> logger) : IHostedService
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
        Url = ((IApplicationBuilder)_app).ApplicationServices.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + Path;
        LogListening(Url);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_app is null)
            return;
        await _app.StopAsync(cancellationToken);
        await _app.DisposeAsync();
    }

    /// <summary>Only reading, and only the one path.</summary>
    private static Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path != Path)
            return RefuseAsync(context, StatusCodes.Status404NotFound, "Here is /metrics, and nothing else.\n");
        if (!HttpMethods.IsGet(context.Request.Method))
            return RefuseAsync(context, StatusCodes.Status405MethodNotAllowed, "/metrics can only be read: use GET.\n");
        return next(context);
    }

    private static Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    [LoggerMessage(LogLevel.Information, "Metrics can be scraped")]
    private partial void LogListening(string url);
}
