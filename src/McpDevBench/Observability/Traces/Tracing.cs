using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace McpDevBench.Observability.Traces;

/// <summary>
/// Exports spans by OTLP while the server runs. Registered first, so that it stops last and exports the spans of the shutdown.
/// </summary>
internal sealed class Tracing(TraceOptions options, ILogger<Tracing> logger) : IHostedService, IDisposable
{
    /// <summary>For the last spans, when the server stops.</summary>
    private const int Timeout = 5_000;

    private TracerProvider? _provider;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Not through the host's services: there the SDK would look for its OTEL_ variables in the host's configuration, which has none of
        // them.
        _provider = Sdk.CreateTracerProviderBuilder()
            // Ours first: OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
            .SetResourceBuilder(
                ResourceBuilder.CreateEmpty().AddService(BuildInfo.Name, serviceVersion: BuildInfo.Version).AddTelemetrySdk()
                    .AddEnvironmentVariableDetector())
            .SetSampler(new ParentBasedSampler(new LinkedSampler(new TraceIdRatioBasedSampler(options.SampleRatio))))
            .AddSource(Spans.SourceName)
            .AddAspNetCoreInstrumentation(HttpSpans.Configure)
            .AddProcessor(Batches())
            .Build();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(() => _provider?.Shutdown(Timeout), cancellationToken).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The grace is over: what has not been sent by now is lost.
        }
    }

    public void Dispose() => _provider?.Dispose();

    /// <summary>Spans wait in a bounded queue for an export thread; calls never wait.</summary>
    private BatchActivityExportProcessor Batches()
    {
        var otlp = new OtlpExporterOptions { Protocol = OtlpExportProtocol.HttpProtobuf, Endpoint = options.Endpoint };
        var batch = otlp.BatchExportProcessorOptions;
        return new BatchActivityExportProcessor(
            new SpanExporter(otlp, logger), batch.MaxQueueSize, batch.ScheduledDelayMilliseconds, batch.ExporterTimeoutMilliseconds,
            batch.MaxExportBatchSize);
    }
}
