using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;

namespace McpDevBench.Observability.Traces;

/// <summary>Sends spans, and says once when that does not work, and once when it does again.</summary>
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Spans cannot be sent and are lost until this is said otherwise; calls are not affected")]
    private static partial void LogNotSent(ILogger logger, Uri endpoint);

    [LoggerMessage(Level = LogLevel.Information, Message = "Spans are sent again")]
    private static partial void LogSentAgain(ILogger logger, Uri endpoint, long spansLost);
}
