using System.Diagnostics.Metrics;
using Prometheus;

namespace McpDevBench.Observability.Metrics;

/// <summary>
/// Measurements of the .NET runtime, the web server and the MCP SDK. The first two have few labels and go through the library's adapter.
/// The SDK's labels contain text that clients choose, so only the method and the kind of error are taken, each from a closed set.
/// </summary>
internal sealed class RuntimeMeters(MetricCatalogue metrics) : IDisposable
{
    private const string Runtime = "System.Runtime", WebServer = "Microsoft.AspNetCore.Server.Kestrel";
    private const string Sdk = "Experimental.ModelContextProtocol", SdkDuration = "mcp.server.operation.duration";

    private static readonly double[] _webServerBuckets = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3600];

    private readonly MeterListener _sdk = new();
    private IDisposable? _adapter;

    public void Publish()
    {
        _adapter = MeterAdapter.StartListening(new MeterAdapterOptions
        {
            Registry = metrics.Registry,
            MetricFactory = Prometheus.Metrics.WithCustomRegistry(metrics.Registry),
            // A gauge whose name ends in _count looks like a part of a histogram.
            InstrumentFilterPredicate = instrument => instrument.Meter.Name is Runtime or WebServer && !instrument.Name.EndsWith(
                ".count", StringComparison.Ordinal),
            ResolveHistogramBuckets = _ => _webServerBuckets,
            // A series is not gone because nothing has happened for a while.
            MetricsExpireAfter = TimeSpan.FromDays(1),
        });
        _sdk.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == Sdk && instrument.Name == SdkDuration)
                listener.EnableMeasurementEvents(instrument);
        };
        _sdk.SetMeasurementEventCallback<double>((_, seconds, tags, _) => Record(seconds, tags));
        _sdk.Start();
    }

    public void Dispose()
    {
        _adapter?.Dispose();
        _sdk.Dispose();
    }

    private void Record(double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (method, error) = ("", "none");
        foreach (var (name, value) in tags)
        {
            if (name == "mcp.method.name")
                method = value as string ?? "";
            else if (name == "error.type")
                error = value as string ?? "";
        }
        metrics.Api.Operated(method, error, TimeSpan.FromSeconds(seconds));
    }
}
