using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;

namespace McpDevBench.Observability.Traces;

/// <summary>Exports spans. A failure is logged once, and the recovery once.</summary>
internal sealed partial class SpanExporter(OtlpExporterOptions options, ILogger logger) : OtlpTraceExporter(options)
{
    private readonly Uri _endpoint = options.Endpoint;
    private bool _failing;
    private long _lost;

    public override ExportResult Export(in Batch<Activity> activityBatch)
    {
        var count = activityBatch.Count;
        var result = base.Export(activityBatch);
        if (result == ExportResult.Failure)
        {
            _lost += count;
            if (!_failing)
                LogNotSent(logger, _endpoint);
        }
        else if (_failing)
        {
            LogSentAgain(logger, _endpoint, _lost);
            _lost = 0;
        }
        _failing = result == ExportResult.Failure;
        return result;
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Trace export failing; dropping spans")]
    private static partial void LogNotSent(ILogger logger, Uri endpoint);

    [LoggerMessage(Level = LogLevel.Information, Message = "Trace export recovered")]
    private static partial void LogSentAgain(ILogger logger, Uri endpoint, long spansLost);
}
