using System.IO.Pipelines;
using System.Text.Json.Nodes;
using McpDevBench.Access;
using McpDevBench.Observability;
using Microsoft.AspNetCore.Http.Features;
using ModelContextProtocol;

namespace McpDevBench.Mcp;

/// <summary>
/// Errors of the SDK's transport before a call: invalid JSON, an unknown revision, headers that contradict the message. The SDK knows no
/// correlation id. Such an answer is counted as an early rejection and gets the id, as every other error does.
/// </summary>
internal static class TransportErrors
{
    /// <param name="path">Where the protocol is served.</param>
    public static void UseTransportErrors(this IApplicationBuilder app, PathString path)
    {
        app.Use(async (HttpContext context, RequestDelegate next) =>
        {
            if (!context.Request.Path.StartsWithSegments(path))
            {
                await next(context);
                return;
            }
            var client = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
            var body = new BodyWithoutErrors(client, context);
            context.Features.Set<IHttpResponseBodyFeature>(body);
            try
            {
                await next(context);
                await body.FlushAsync(context.RequestAborted);
            }
            finally
            {
                context.Features.Set(client);
            }
            if (body.Error is not { Length: > 0 } error)
                return;
            EarlyRejections.Reject(context, ErrorCode.InvalidArgument);
            await context.Response.WriteAsync(Amended(error), context.RequestAborted);
        });
    }

    private static string Amended(MemoryStream error)
    {
        var message = JsonNode.Parse(error.GetBuffer().AsSpan(0, (int)error.Length))!;
        var detail = message["error"]!.AsObject();
        var data = detail["data"]?.AsObject() ?? [];
        data[CorrelationId.Field] = CorrelationId.Ensure();
        detail["data"] = data;
        detail["message"] = $"{detail["message"]}{Advice((int?)detail["code"])}";
        return HttpError.Text(message);
    }

    /// <summary>What to send instead, where the SDK does not say it.</summary>
    private static string Advice(int? code) => code switch
    {
        ProtocolVersions.NotSupported => ProtocolVersions.Sentence,
        (int)McpErrorCode.InvalidRequest =>
            " Send one JSON-RPC 2.0 message, such as {\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\"}.",
        _ => "",
    };

    /// <summary>
    /// The body of a response, to which an error of the transport does not get: those alone are plain JSON with a status of their own;
    /// answers are streams of events. What gets there has no needless escapes.
    /// </summary>
    private sealed class BodyWithoutErrors(IHttpResponseBodyFeature client, HttpContext context) : IHttpResponseBodyFeature
    {
        private Stream? _relaxed;
        private PipeWriter? _writer;
        private PipeWriter? _errorWriter;

        /// <summary>What was kept back, or null.</summary>
        public MemoryStream? Error { get; private set; }

        public Stream Stream => IsError
            ? Error ??= new MemoryStream()
            : _relaxed ??= new RelaxedJsonStream(new PacedStream(client.Stream, context));

        public PipeWriter Writer => IsError ? _errorWriter ??= Over(Stream) : _writer ??= Over(Stream);

        private bool IsError => context.Response is { HasStarted: false, StatusCode: >= 400 } response
            && response.ContentType?.StartsWith("application/json", StringComparison.Ordinal) is true;

        public void DisableBuffering() => client.DisableBuffering();

        public Task StartAsync(CancellationToken cancellationToken = default) =>
            IsError ? Task.CompletedTask : client.StartAsync(cancellationToken);

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
            client.SendFileAsync(path, offset, count, cancellationToken);

        public async Task CompleteAsync()
        {
            await FlushAsync(CancellationToken.None);
            // A part that waits in a file is sent after the call; the web server completes the response then.
            if (!IsError && !PacedStream.HasRest(context))
                await client.CompleteAsync();
        }

        /// <summary>What was written to the pipe goes out, also where its writer did not flush.</summary>
        public async Task FlushAsync(CancellationToken cancellationToken)
        {
            foreach (var writer in new[] { _errorWriter, _writer })
            {
                if (writer is { UnflushedBytes: > 0 })
                    await writer.FlushAsync(cancellationToken);
            }
        }

        private static PipeWriter Over(Stream stream) => PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
    }
}
