using System.Globalization;
using System.Text.Json.Nodes;
using McpDevBench.Access;
using McpDevBench.Audit;
using McpDevBench.Files;
using McpDevBench.Observability;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;
using Microsoft.AspNetCore.Http.Features;

namespace McpDevBench.Mcp;

/// <summary>
/// <c>/workspaces/{id}/files?path=…</c>: what is too large for a tool's result. GET streams a file or an archive of a directory, PUT uploads a file or
/// unpacks an archive. Who may call the tools may call this, and nobody else.
/// </summary>
internal sealed partial class FileEndpoint(
    FileService files, FileTransfer transfer, McpOptions options, AuditLog audit, CallHandles handles, DrainState drain,
    MetricCatalogue metrics, TimeProvider time,
    ILogger<FileEndpoint> logger)
{
    private static readonly string[] _reading = ["GET", "HEAD"];
    private static readonly string[] _writing = ["PUT"];

    /// <summary>In an answer: the workspace's container was made anew, and its processes are gone.</summary>
    private const string ResumedHeader = "Workspace-Resumed";

    /// <summary>In an answer: the notes that the result of a tool would have.</summary>
    private const string NoteHeader = "Workspace-Note";

    private readonly ToolNames _tools = options.Tools.Names();

    private const string Get = "files_get", Put = "files_put";

    /// <summary>What its calls are named in metrics.</summary>
    public static IReadOnlyList<string> Methods { get; } = [Get, Put];

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/workspaces/{id}/files", _reading, (RequestDelegate)(context => CallAsync(context, Get, FsReadTool.Facts, ReadAsync)));
        endpoints.MapMethods("/workspaces/{id}/files", _writing, (RequestDelegate)(context => CallAsync(context, Put, FsWriteTool.Facts, WriteAsync)));
    }

    private async Task CallAsync(HttpContext context, string method, ToolFacts tool, Func<HttpContext, FileCall, AuditedCall, Task> handle)
    {
        var started = time.GetTimestamp();
        string? errorType = null;
        Exception? failure = null;
        var status = default(int?);
        var call = FileCall.Of(context);
        var facts = CallFacts.Begin(call.Caller);
        ToolNames.Current = _tools;
        (facts.ContainerId, facts.Target) = (CallFacts.Handle(call.Container), call.Path);
        handles.ResolveWorkspaces();
        context.Response.OnStarting(() =>
        {
            if (facts.Resumed.Count > 0)
                context.Response.Headers[ResumedHeader] = "true";
            if (ResumeNote.Of(facts) is { Count: > 0 } notes)
                context.Response.Headers[NoteHeader] = FileHeaders.Ascii(string.Join(' ', notes));
            return Task.CompletedTask;
        });
        var audited = new AuditedCall(audit, time, method, EventOf(context.Request.Method, call), mayGoUnrecorded: tool.ReadOnly);
        // No limit while something moves, however large it is.
        using var deadline = CallDeadline.BeginTransfer(time, context.RequestAborted);
        try
        {
            BrowserRules.RequireProof(context.Request);
            if (options.Tools.WhyNot(tool) is { } reason)
                throw new RequestException(
                    ErrorCode.Forbidden, $"{tool.Name} is disabled on this server, and so is this endpoint.", reason) { Rule = "tool" };
            if (drain.IsDraining && !tool.ReadOnly)
                throw new RequestException(ErrorCode.Draining, "The server is shutting down.", "Try again in a minute.", retryable: true);
            await audited.RequireAsync();
            FileQuery.Check(context.Request);
            await InTimeAsync(method, tool, deadline, handle(context, call, audited));
            errorType = context.Response.StatusCode < 400 ? null : ErrorCode.InvalidArgument.Name();
            if (errorType is null)
                await audited.SucceededAsync();
        }
        catch (Exception exception)
        {
            failure = exception;
            if (exception is RequestException refusal)
                metrics.Access.Refused(refusal);
            status = HttpFailures.StatusOf(exception);
            errorType = HttpFailures.HasLeft(context, exception) ? "cancelled"
                : HttpFailures.Malformed(exception) is { } unreadable ? HttpFailures.CodeOf(unreadable).Name()
                : ErrorCodes.NameOf(exception);
            throw;
        }
        finally
        {
            if (errorType is not null)
            {
                handles.Resolve();
                await audited.FailedAsync(errorType, failure);
            }
            var duration = time.GetElapsedTime(started);
            metrics.Api.Served(method, duration, errorType);
            LogCalled(method, errorType ?? "ok", status ?? context.Response.StatusCode, Math.Round(duration.TotalMilliseconds, 1));
        }
    }

    private static async Task InTimeAsync(string method, ToolFacts tool, CallDeadline deadline, Task call)
    {
        try
        {
            await call;
        }
        catch (OperationCanceledException e) when (deadline.IsReason(e))
        {
            throw Timeouts.Of(method, tool.ReadOnly, deadline, e);
        }
    }

    /// <summary>Asking for the headers alone reads nothing.</summary>
    private static string? EventOf(string httpMethod, FileCall call) => httpMethod switch
    {
        "HEAD" => null,
        "GET" => call.Format is null ? AuditEvents.FsRead : AuditEvents.FsExport,
        _ => call.Unpack ? AuditEvents.FsImport : AuditEvents.FsWrite,
    };

    private async Task ReadAsync(HttpContext context, FileCall call, AuditedCall audited)
    {
        var entry = await files.StatAsync(call.Caller, call.Container, call.Path, CallDeadline.Current!.Token);
        FileHeaders.RequireMatch(context.Request.Headers.IfMatch, entry.Type == "file" && call.Format is null ? FileHeaders.Quote(entry.Etag) : null);
        if (entry.Type == "directory" || call.Format is not null)
            await ExportAsync(context, call, audited);
        else
            await DownloadAsync(context, call, entry, audited);
    }

    private async Task DownloadAsync(HttpContext context, FileCall call, FileEntry entry, AuditedCall audited)
    {
        var (request, response) = (context.Request, context.Response);
        response.ContentType = DownloadType.Of(entry.MimeType);
        response.Headers.ContentDisposition = DownloadType.Disposition(call.Path);
        // A link's own size and etag say nothing of what it leads to.
        if (entry.Type == "link")
        {
            if (!HttpMethods.IsHead(request.Method))
                await transfer.DownloadAsync(
                    call.Caller, call.Container, call.Path, 0, null, ifMatch: null, response.Body, CallDeadline.Current!.Token);
            return;
        }
        var etag = FileHeaders.Quote(entry.Etag);
        response.Headers.ETag = etag;
        response.Headers.LastModified = entry.Mtime.UtcDateTime.ToString("R", CultureInfo.InvariantCulture);
        response.Headers.AcceptRanges = "bytes";
        if (FileHeaders.Matches(request.Headers.IfNoneMatch, etag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        var range = FileHeaders.ReadRange(request, entry.Size, etag);
        if (range is { Length: 0 })
        {
            response.Headers.ContentRange = Words.Invariant($"bytes */{entry.Size}");
            await audited.FailedAsync(ErrorCode.InvalidArgument.Name());
            var refusal = new RequestException(
                ErrorCode.InvalidArgument, "The range begins after the end of the file.",
                $"The file has {Plural.Of(entry.Size, "byte")}.");
            await HttpError.WriteAsync(context, refusal, StatusCodes.Status416RangeNotSatisfiable);
            return;
        }
        var (offset, length) = range ?? (0, entry.Size);
        response.ContentLength = length;
        if (range is not null)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = Words.Invariant($"bytes {offset}-{offset + length - 1}/{entry.Size}");
        }
        if (HttpMethods.IsHead(request.Method))
            return;
        // If it is replaced between the headers and its bytes, it is refused: the headers would be those of another file.
        await transfer.DownloadAsync(
            call.Caller, call.Container, call.Path, offset, length, entry.Etag, response.Body, CallDeadline.Current!.Token);
    }

    private async Task ExportAsync(HttpContext context, FileCall call, AuditedCall audited)
    {
        if (audited.Event is not null)
            audited.Event = AuditEvents.FsExport;
        var gzip = call.Format switch
        {
            null or "tar" => false,
            "tar.gz" or "tgz" => true,
            _ => throw new RequestException(ErrorCode.InvalidArgument, $"There is no format '{call.Format}'.", "Use format=tar or format=tar.gz."),
        };
        context.Response.ContentType = gzip ? "application/gzip" : "application/x-tar";
        context.Response.Headers.ContentDisposition = DownloadType.Disposition(ArchiveName.Of(call.Path, gzip ? "tar.gz" : "tar"));
        if (!HttpMethods.IsHead(context.Request.Method))
            await transfer.ExportAsync(
                call.Caller, call.Container, call.Path, call.Include, call.Exclude, gzip, context.Response.Body,
                CallDeadline.Current!.Token);
    }

    private async Task WriteAsync(HttpContext context, FileCall call, AuditedCall audited)
    {
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = options.MaxUploadBytes;
        FileHeaders.RequireWhole(context.Request.Headers);
        if (call.Unpack)
        {
            await ImportAsync(context, call, audited);
            return;
        }
        var headers = context.Request.Headers;
        var request = new WriteFileRequest
        {
            Container = call.Container,
            Path = call.Path,
            Mode = call.Mode,
            IfMatch = FileHeaders.Single(headers.IfMatch, "If-Match"),
            IfNoneMatch = FileHeaders.Single(headers.IfNoneMatch, "If-None-Match"),
        };
        if (request.IfNoneMatch is not null and not "*")
            throw new RequestException(ErrorCode.InvalidArgument, "If-None-Match of an upload can only be *.", "Send If-None-Match: * to write only where nothing is.");
        if (request.IfMatch == "*")
        {
            await RequireExistenceAsync(call, CallDeadline.Current!.Token);
            request = request with { IfMatch = null };
        }
        var stop = CallDeadline.Current!.Token;
        var entry = await files.WithEtagAsync(
            call.Caller, call.Container, call.Path, request.IfMatch,
            () => transfer.UploadAsync(call.Caller, request, context.Request.Body, stop), stop);
        await audited.SucceededAsync();
        context.Response.Headers.ETag = FileHeaders.Quote(entry.Etag);
        var status = request.IfNoneMatch == "*" ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        await HttpError.WriteAsync(context, status, new JsonObject { ["path"] = entry.Path, ["size"] = entry.Size, ["etag"] = entry.Etag });
    }

    /// <summary>Any file will do, but there has to be one.</summary>
    private async Task RequireExistenceAsync(FileCall call, CancellationToken cancellationToken)
    {
        try
        {
            await files.StatAsync(call.Caller, call.Container, call.Path, cancellationToken);
        }
        catch (RequestException missing) when (missing.Code == ErrorCode.FileNotFound)
        {
            throw new RequestException(ErrorCode.Conflict, "If-Match: * asks for a file that exists, and there is none at the path.", "Leave If-Match out to write it all the same.", inner: missing);
        }
    }

    private async Task ImportAsync(HttpContext context, FileCall call, AuditedCall audited)
    {
        await using var upload = await ArchiveUpload.OpenAsync(context.Request.Body, context.Request.ContentType, context.RequestAborted);
        if (upload.Format is not { } format)
        {
            await audited.FailedAsync(ErrorCode.InvalidArgument.Name());
            var refusal = new RequestException(
                ErrorCode.InvalidArgument,
                "The upload is not an archive that can be unpacked, by its first bytes and by its Content-Type.",
                "Send a tar (application/x-tar), tar.gz (application/gzip) or zip (application/zip); "
                    + "leave unpack out to store it as a file.");
            await HttpError.WriteAsync(context, refusal, StatusCodes.Status415UnsupportedMediaType);
            return;
        }
        var summary = await transfer.ImportAsync(call.Caller, call.Container, call.Path, format, upload, CallDeadline.Current!.Token);
        await audited.SucceededAsync();
        await HttpError.WriteAsync(context, StatusCodes.Status200OK, new JsonObject { ["entries"] = summary.Entries, ["bytes"] = summary.Bytes, ["skipped"] = summary.Skipped });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "File endpoint called")]
    private partial void LogCalled(string method, string outcome, int httpStatus, double durationMs);
}
