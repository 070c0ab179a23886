using System.Text.Json.Nodes;
using McpDevBench.Access;
using McpDevBench.Files;
using Microsoft.AspNetCore.Http.Features;

namespace McpDevBench.Mcp;

/// <summary>PUT of the file endpoint: a file, or an archive that is unpacked.</summary>
internal sealed class FileUploads(FileService files, FileTransfer transfer, McpOptions options)
{
    public async Task ServeAsync(FileCall call, CancellationToken stop)
    {
        call.Context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = options.MaxUploadBytes;
        FileHeaders.RequireWhole(call.Request.Headers);
        if (call.Unpack)
            await ImportAsync(call, stop);
        else
            await WriteAsync(call, stop);
    }

    private async Task WriteAsync(FileCall call, CancellationToken stop)
    {
        var headers = call.Request.Headers;
        var request = new WriteFileRequest
        {
            Container = call.Container,
            Path = call.Path,
            Mode = call.Mode,
            IfMatch = FileHeaders.Single(headers.IfMatch, "If-Match"),
            IfNoneMatch = FileHeaders.Single(headers.IfNoneMatch, "If-None-Match"),
        };
        if (request.IfNoneMatch is not null and not "*")
            throw new RequestException(
                ErrorCode.InvalidArgument, "If-None-Match of an upload can only be *.",
                "Send If-None-Match: * to write only where nothing is.");
        if (request.IfMatch == "*")
        {
            await RequireExistenceAsync(call, stop);
            request = request with { IfMatch = null };
        }
        var entry = await files.WithEtagAsync(
            call.Caller, call.Container, call.Path, request.IfMatch,
            () => transfer.UploadAsync(call.Caller, request, call.Request.Body, stop), stop);
        await call.Scope.Record.SucceededAsync();
        call.Response.Headers.ETag = FileHeaders.Quote(entry.Etag);
        var status = request.IfNoneMatch == "*" ? StatusCodes.Status201Created : StatusCodes.Status200OK;
        await HttpError.WriteAsync(
            call.Context, status, new JsonObject { ["path"] = entry.Path, ["size"] = entry.Size, ["etag"] = entry.Etag });
    }

    /// <summary>If-Match: * accepts any file, but there has to be one.</summary>
    private async Task RequireExistenceAsync(FileCall call, CancellationToken stop)
    {
        try
        {
            await files.StatAsync(call.Caller, call.Container, call.Path, stop);
        }
        catch (RequestException missing) when (missing.Code == ErrorCode.FileNotFound)
        {
            throw new RequestException(
                ErrorCode.Conflict, "If-Match: * asks for a file that exists, and there is none at the path.",
                "Leave If-Match out to write it all the same.", inner: missing);
        }
    }

    private async Task ImportAsync(FileCall call, CancellationToken stop)
    {
        await using var upload = await ArchiveUpload.OpenAsync(call.Request.Body, call.Request.ContentType, call.Context.RequestAborted);
        if (upload.Format is not { } format)
        {
            await RejectFormatAsync(call);
            return;
        }
        var summary = await transfer.ImportAsync(call.Caller, call.Container, call.Path, format, upload, stop);
        await call.Scope.Record.SucceededAsync();
        await HttpError.WriteAsync(
            call.Context, StatusCodes.Status200OK,
            new JsonObject { ["entries"] = summary.Entries, ["bytes"] = summary.Bytes, ["skipped"] = summary.Skipped });
    }

    private static async Task RejectFormatAsync(FileCall call)
    {
        await call.Scope.Record.FailedAsync(ErrorCode.InvalidArgument.Name());
        var error = new RequestException(
            ErrorCode.InvalidArgument, "The upload is not an archive that can be unpacked, by its first bytes and by its Content-Type.",
            "Send a tar (application/x-tar), tar.gz (application/gzip) or zip (application/zip); leave unpack out to store it as a file.");
        await HttpError.WriteAsync(call.Context, error, StatusCodes.Status415UnsupportedMediaType);
    }
}
