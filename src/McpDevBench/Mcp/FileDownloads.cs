using System.Globalization;
using McpDevBench.Access;
using McpDevBench.Audit;
using McpDevBench.Files;

namespace McpDevBench.Mcp;

/// <summary>GET and HEAD of the file endpoint: a file, a range of it, or an archive of a directory.</summary>
internal sealed class FileDownloads(FileService files, FileTransfer transfer)
{
    public async Task ServeAsync(FileCall call, CancellationToken stop)
    {
        var entry = await files.StatAsync(call.Caller, call.Container, call.Path, stop);
        FileHeaders.RequireMatch(
            call.Request.Headers.IfMatch, entry.Type == "file" && call.Format is null ? FileHeaders.Quote(entry.Etag) : null);
        if (entry.Type == "directory" || call.Format is not null)
            await ExportAsync(call, stop);
        else
            await DownloadAsync(call, entry, stop);
    }

    private async Task DownloadAsync(FileCall call, FileEntry entry, CancellationToken stop)
    {
        var (request, response) = (call.Request, call.Response);
        response.ContentType = DownloadType.Of(entry.MimeType);
        response.Headers.ContentDisposition = DownloadType.Disposition(call.Path);
        // The size and etag of a link are not those of the file that it leads to.
        if (entry.Type == "link")
        {
            if (!HttpMethods.IsHead(request.Method))
                await transfer.DownloadAsync(call.Caller, call.Container, call.Path, 0, null, ifMatch: null, response.Body, stop);
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
            await RejectRangeAsync(call, entry);
            return;
        }
        var (offset, length) = range ?? (0, entry.Size);
        response.ContentLength = length;
        if (range is not null)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = Words.Invariant($"bytes {offset}-{offset + length - 1}/{entry.Size}");
        }
        // A file that is replaced between the headers and its bytes is an error: the headers would be those of another file.
        if (!HttpMethods.IsHead(request.Method))
            await transfer.DownloadAsync(call.Caller, call.Container, call.Path, offset, length, entry.Etag, response.Body, stop);
    }

    private static async Task RejectRangeAsync(FileCall call, FileEntry entry)
    {
        call.Response.Headers.ContentRange = Words.Invariant($"bytes */{entry.Size}");
        await call.Scope.Record.FailedAsync(ErrorCode.InvalidArgument.Name());
        var error = new RequestException(
            ErrorCode.InvalidArgument, "The range begins after the end of the file.", $"The file has {Plural.Of(entry.Size, "byte")}.");
        await HttpError.WriteAsync(call.Context, error, StatusCodes.Status416RangeNotSatisfiable);
    }

    private async Task ExportAsync(FileCall call, CancellationToken stop)
    {
        if (call.Scope.Record.Event is not null)
            call.Scope.Record.Event = AuditEvents.FsExport;
        var gzip = call.Format switch
        {
            null or "tar" => false,
            "tar.gz" or "tgz" => true,
            _ => throw new RequestException(
                ErrorCode.InvalidArgument, $"There is no format '{call.Format}'.", "Use format=tar or format=tar.gz."),
        };
        var response = call.Response;
        response.ContentType = gzip ? "application/gzip" : "application/x-tar";
        response.Headers.ContentDisposition = DownloadType.Disposition(ArchiveName.Of(call.Path, gzip ? "tar.gz" : "tar"));
        if (!HttpMethods.IsHead(call.Request.Method))
            await transfer.ExportAsync(call.Caller, call.Container, call.Path, call.Include, call.Exclude, gzip, response.Body, stop);
    }
}
